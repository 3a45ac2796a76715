import { SnapshotKey } from '../../schema/snapshot.ts'
import { hashSecret } from '../lib/secret.ts'

/** An evaluation key with the token that opens a stream in its place, and when this isolate last told of its use. */
export type EvaluationKey = Readonly<SnapshotKey> & {
  readonly streamToken: string
  reportedAt: number
}

/** The evaluation keys of one snapshot version. */
export type KeyRing = {
  readonly byHash: ReadonlyMap<string, EvaluationKey>
  /** Those that were shown already, as they were shown: a key is hashed once a version, not once a request. */
  readonly shown: Map<string, EvaluationKey>
  /** What opens a stream without showing the key in an address. */
  readonly byStreamToken: ReadonlyMap<string, EvaluationKey>
}

/**
 * EventSource cannot set headers, so a stream is opened by an address; what stands in addresses ends up in logs.
 * This token lets one listen for version numbers and nothing else, and dies with the key it comes from.
 */
const streamTokenOf = ({ hash }: SnapshotKey): string => hashSecret(`stream:${hash}`).slice(0, 32)

const idOf = (key: unknown): unknown =>
  typeof key === 'object' && key !== null && 'id' in key ? key.id : undefined

/** A key that cannot be read admits nobody: what its settings forbid is not known. */
const admitReadable = (key: unknown): EvaluationKey[] => {
  const { success, data } = SnapshotKey.safeParse(key)
  if (success) return [{ ...data, streamToken: streamTokenOf(data), reportedAt: 0 }]
  console.error({ event: 'snapshot.key_unreadable', keyId: idOf(key) })
  return []
}

export const compileKeys = (keys: readonly unknown[]): KeyRing => {
  const admitted = keys.flatMap(admitReadable)
  return {
    byHash: new Map(admitted.map((key) => [key.hash, key])),
    shown: new Map(),
    byStreamToken: new Map(admitted.map((key) => [key.streamToken, key])),
  }
}

/**
 * The key that this secret is. Neither look-up tells by its timing how much of a secret is right: one is by SHA-256;
 * the other finds a text by a hash seeded at random, and compares it only with a text of the same hash.
 */
export const findKey = (ring: KeyRing, secret: string): EvaluationKey | undefined => {
  const known = ring.shown.get(secret)
  if (known) return known
  const key = ring.byHash.get(hashSecret(secret))
  if (key) ring.shown.set(secret, key)
  return key
}
