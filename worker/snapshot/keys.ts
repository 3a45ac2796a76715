import type { SnapshotKey } from '../../schema/snapshot.ts'
import { hashSecret } from '../secret.ts'

/** An evaluation key with the token that opens a stream in its place. */
export type AdmittedKey = SnapshotKey & { readonly streamToken: string }

/** The evaluation keys of one snapshot version. */
export type KeyRing = {
  readonly byHash: ReadonlyMap<string, AdmittedKey>
  /** Those that were shown already, as they were shown: a key is hashed once a version, not once a request. */
  readonly shown: Map<string, AdmittedKey>
  /** What opens a stream without showing the key in an address. */
  readonly streamTokens: ReadonlySet<string>
}

/**
 * EventSource cannot set headers, so a stream is opened by an address; what stands in addresses ends up in logs.
 * This token lets one listen for version numbers and nothing else, and dies with the key it comes from.
 */
const streamTokenOf = ({ hash }: SnapshotKey): string => hashSecret(`stream:${hash}`).slice(0, 32)

export const compileKeys = (keys: readonly SnapshotKey[]): KeyRing => {
  const admitted = keys.map((key) => ({ ...key, streamToken: streamTokenOf(key) }))
  return {
    byHash: new Map(admitted.map((key) => [key.hash, key])),
    shown: new Map(),
    streamTokens: new Set(admitted.map(({ streamToken }) => streamToken)),
  }
}

/**
 * The key that this secret is. Neither look-up tells by its timing how much of a secret is right: one is by SHA-256;
 * the other finds a text by a hash seeded at random, and compares it only with a text of the same hash.
 */
export const findKey = (ring: KeyRing, secret: string): AdmittedKey | undefined => {
  const known = ring.shown.get(secret)
  if (known) return known
  const key = ring.byHash.get(hashSecret(secret))
  if (key) ring.shown.set(secret, key)
  return key
}
