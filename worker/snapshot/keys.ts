import { SnapshotKey } from '../../schema/snapshot.ts'
import { hashSecret } from '../lib/secret.ts'

/** An evaluation key, the token that opens its stream, and when this isolate last reported its use. */
export type EvaluationKey = Readonly<SnapshotKey> & {
  readonly streamToken: string
  reportedAt: number
}

/** The evaluation keys of one snapshot version. */
export type KeyRing = {
  readonly byHash: ReadonlyMap<string, EvaluationKey>
  /** Keys by their secret, once a request has sent it: a key is hashed once a version, not once a request. */
  readonly shown: Map<string, EvaluationKey>
  /** A stream token opens a stream without the key in the URL. */
  readonly byStreamToken: ReadonlyMap<string, EvaluationKey>
}

/**
 * EventSource cannot set headers, so the URL carries the credential, and URLs end up in logs. This token opens the
 * stream of version numbers and nothing else, and ends with its key.
 */
const deriveStreamToken = ({ hash }: SnapshotKey): string =>
  hashSecret(`stream:${hash}`).slice(0, 32)

const readId = (key: unknown): unknown =>
  typeof key === 'object' && key !== null && 'id' in key ? key.id : undefined

/** A key that cannot be read is left out, because its restrictions are unknown. */
const compileReadable = (key: unknown): EvaluationKey[] => {
  const { success, data } = SnapshotKey.safeParse(key)
  if (success) return [{ ...data, streamToken: deriveStreamToken(data), reportedAt: 0 }]
  console.error({ event: 'snapshot.key_unreadable', keyId: readId(key) })
  return []
}

export const compileKeys = (keys: readonly unknown[]): KeyRing => {
  const readable = keys.flatMap(compileReadable)
  return {
    byHash: new Map(readable.map((key) => [key.hash, key])),
    shown: new Map(),
    byStreamToken: new Map(readable.map((key) => [key.streamToken, key])),
  }
}

/**
 * Finds the key of a secret. The timing shows nothing about a secret: one look-up is by SHA-256, the other by a hash
 * table with a random seed.
 */
export const findKey = (ring: KeyRing, secret: string): EvaluationKey | undefined => {
  const known = ring.shown.get(secret)
  if (known) return known
  const key = ring.byHash.get(hashSecret(secret))
  if (key) ring.shown.set(secret, key)
  return key
}
