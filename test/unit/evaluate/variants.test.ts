import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findVariantIndex } from '../../../worker/evaluate/index.ts'
import { aBucket, someWeights } from '../../support/arbitraries.ts'

const LAST = 2 ** 32 - 1

const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0)
const weightsOfSome = someWeights.filter((weights) => sum(weights) > 0)

/** The first bucket of each variant, and the end: ceil(cumulative * 2^32 / total), in whole numbers. */
const startsOf = (weights: readonly number[]) => {
  const total = BigInt(sum(weights))
  const start = (cumulative: number) =>
    Number((BigInt(cumulative) * 2n ** 32n + total - 1n) / total)
  return [0, ...weights].map((_, index) => start(sum(weights.slice(0, index))))
}

test('every bucket has a variant unless the weights sum to 0', () => {
  fc.assert(
    fc.property(aBucket, someWeights, (bucket, weights) => {
      expect(findVariantIndex(bucket, weights) === -1).toBe(sum(weights) === 0)
    }),
  )
})

test('a variant of weight 0 is never chosen', () => {
  fc.assert(
    fc.property(aBucket, weightsOfSome, (bucket, weights) => {
      expect(weights[findVariantIndex(bucket, weights)]).toBeGreaterThan(0)
    }),
  )
})

test('the first bucket falls to the first variant that has a weight', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const first = weights.findIndex((weight) => weight > 0)
      expect(findVariantIndex(0, weights)).toBe(first)
    }),
  )
})

test('the last bucket falls to the last variant that has a weight', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const last = weights.findLastIndex((weight) => weight > 0)
      expect(findVariantIndex(LAST, weights)).toBe(last)
    }),
  )
})

test('a higher bucket never falls to an earlier variant', () => {
  fc.assert(
    fc.property(aBucket, aBucket, weightsOfSome, (one, other, weights) => {
      const lower = findVariantIndex(Math.min(one, other), weights)
      const higher = findVariantIndex(Math.max(one, other), weights)
      expect(higher).toBeGreaterThanOrEqual(lower)
    }),
  )
})

test('each variant starts and ends at its share, to the bucket', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const starts = startsOf(weights)
      const chosen = weights.map((_, index) => {
        const [start = 0, end = 0] = starts.slice(index)
        return [findVariantIndex(start, weights), findVariantIndex(end - 1, weights)]
      })
      const withWeight = (_: unknown, index: number) => weights[index] !== 0
      const expected = weights.map((_, index) => [index, index])
      expect(chosen.filter(withWeight)).toEqual(expected.filter(withWeight))
    }),
  )
})

test('the same weights in another unit choose the same variants', () => {
  fc.assert(
    fc.property(aBucket, someWeights, fc.integer({ min: 2, max: 10 }), (bucket, weights, unit) => {
      const scaled = weights.map((weight) => weight * unit)
      expect(findVariantIndex(bucket, scaled)).toBe(findVariantIndex(bucket, weights))
    }),
  )
})
