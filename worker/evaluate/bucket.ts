import { mix, scramble } from './murmur3.ts'
import { sha256 } from './sha256.ts'

/*
 * Hash version 1, pinned by test/vectors/bucket.json. A change here would move users between variants: add a hash
 * version 2 instead.
 */

const SPACE = 2 ** 32

/** The hash of a user id, once a request: the first eight bytes of SHA-256(utf8(userId)), prepared for murmur3. */
export type HashedUser = { readonly first: number; readonly second: number }

/** Builds a hashed user from the digest of the id, which a browser computes asynchronously. */
export const userFromDigest = (digest: ArrayBufferLike): HashedUser => {
  const view = new DataView(digest)
  return { first: scramble(view.getUint32(0, true)), second: scramble(view.getUint32(4, true)) }
}

/** Hashes a user id. Costs one SHA-256; everything after it is a few integer operations a flag. */
export const hashUser = (userId: string): HashedUser => userFromDigest(sha256(userId).buffer)

/** Builds a seed from the digest of the salt: its first four bytes, big-endian. */
export const seedFromDigest = (digest: ArrayBufferLike): number => new DataView(digest).getUint32(0)

/** The seed of a flag or an experiment, whose key is the salt. */
export const computeSeed = (salt: string): number => seedFromDigest(sha256(salt).buffer)

/** The bucket of a user for a seed: a uint32, uniform and independent between seeds. */
export const computeBucket = (user: HashedUser, seed: number): number =>
  mix(user.first, user.second, seed)

/**
 * Whether a bucket lies within a rollout of 0 to 100 percent. Exact: one product stays below 2^53, and the other one only
 * moves the exponent of a rollout with decimals.
 * Monotonic: raising the rollout never turns the flag off for a user who has it.
 */
export const isWithinRollout = (bucket: number, rollout: number): boolean =>
  bucket * 100 < rollout * SPACE

/**
 * The index of the variant whose cumulative weight interval holds `bucket * totalWeight / 2^32`; no modulo.
 * Exact for total weights up to 2^21. -1 when the weights sum to 0.
 */
export const findVariantIndex = (bucket: number, weights: readonly number[]): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const point = bucket * total
  let cumulative = 0
  return weights.findIndex((weight) => point < (cumulative += weight) * SPACE)
}
