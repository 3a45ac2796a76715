import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import murmurHash3 from 'murmurhash3js-revisited'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import {
  computeBucket,
  hashUser,
  isWithinRollout,
  computeSeed,
  findVariantIndex,
} from '../../../worker/evaluate/index.ts'
import { anyText } from '../../support/arbitraries.ts'

const Uint32 = z.int().min(0).max(0xffffffff)

const PinnedNumbers = z.strictObject({
  name: z.string(),
  description: z.string(),
  seeds: z.array(z.strictObject({ salt: z.string(), seed: Uint32 })),
  buckets: z.array(z.strictObject({ userId: z.string(), salt: z.string(), bucket: Uint32 })),
  rollouts: z.array(
    z.strictObject({
      name: z.string(),
      bucket: Uint32,
      rollout: z.int().min(0).max(100),
      isWithin: z.boolean(),
    }),
  ),
  variants: z.array(
    z.strictObject({
      name: z.string(),
      bucket: Uint32,
      weights: z.array(z.int().min(0).max(10_000)).min(2).max(20),
      index: z.int().min(-1),
    }),
  ),
})

// Read, not imported: Vite refuses JSON with lone surrogates
const pinned = PinnedNumbers.parse(
  JSON.parse(readFileSync(`${import.meta.dirname}/../../vectors/bucket.json`, 'utf8')),
)

const ours = (userId: string, salt: string) => computeBucket(hashUser(userId), computeSeed(salt))

/** The same hash from other people's code: Node's SHA-256 and a published MurmurHash3. */
const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest()
const theirs = (userId: string, salt: string) =>
  murmurHash3.x86.hash32(sha256(userId).subarray(0, 8), sha256(salt).readUInt32BE(0))

describe('Hash version 1, pinned by vectors', () => {
  test.each(pinned.seeds)('the seed of $salt is as pinned', ({ salt, seed }) => {
    expect(computeSeed(salt)).toBe(seed)
  })

  test.each(pinned.buckets)(
    'the bucket of $userId for $salt is as pinned',
    ({ userId, salt, bucket }) => {
      expect(ours(userId, salt)).toBe(bucket)
    },
  )

  test.each(pinned.buckets)(
    'an independent library gives the same bucket of $userId for $salt',
    ({ userId, salt, bucket }) => {
      expect(theirs(userId, salt)).toBe(bucket)
    },
  )

  test.each(pinned.rollouts)(
    'a rollout of $name takes the bucket or not, as pinned',
    ({ bucket, rollout, isWithin }) => {
      expect(isWithinRollout(bucket, rollout)).toBe(isWithin)
    },
  )

  test.each(pinned.variants)('the variant is as pinned: $name', ({ bucket, weights, index }) => {
    expect(findVariantIndex(bucket, weights)).toBe(index)
  })
})

describe('Buckets', () => {
  test('any user id and salt give the bucket that an independent library gives', () => {
    fc.assert(
      fc.property(anyText, anyText, (userId, salt) => {
        expect(ours(userId, salt)).toBe(theirs(userId, salt))
      }),
      { numRuns: 5_000 },
    )
  })
})
