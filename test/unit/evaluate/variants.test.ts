import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { findVariantIndex } from '../../../worker/evaluate/index.ts'
import { aBucket, someWeights } from '../../support/arbitraries.ts'

const LAST = 2 ** 32 - 1

const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0)
const weightsOfSome = someWeights.filter((weights) => sum(weights) > 0)

/** The first bucket of each variant, and the end: ceil(cumulative * 2^32 / total), in whole numbers. */
const listStarts = (weights: readonly number[]) => {
  const total = BigInt(sum(weights))
  const start = (cumulative: number) =>
    Number((BigInt(cumulative) * 2n ** 32n + total - 1n) / total)
  return [0, ...weights].map((_, index) => start(sum(weights.slice(0, index))))
}

test('findVariantIndex: every bucket has a variant unless the weights sum to 0', () => {
  fc.assert(
    fc.property(aBucket, someWeights, (bucket, weights) => {
      expect(findVariantIndex(bucket, weights) === -1).toBe(sum(weights) === 0)
    }),
  )
})

test('findVariantIndex: a variant of weight 0 is never chosen', () => {
  fc.assert(
    fc.property(aBucket, weightsOfSome, (bucket, weights) => {
      expect(weights[findVariantIndex(bucket, weights)]).toBeGreaterThan(0)
    }),
  )
})

test('findVariantIndex: the first bucket gets the first variant that has weight', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const first = weights.findIndex((weight) => weight > 0)
      expect(findVariantIndex(0, weights)).toBe(first)
    }),
  )
})

test('findVariantIndex: the last bucket gets the last variant that has weight', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const last = weights.findLastIndex((weight) => weight > 0)
      expect(findVariantIndex(LAST, weights)).toBe(last)
    }),
  )
})

test('findVariantIndex: a higher bucket never gets an earlier variant', () => {
  fc.assert(
    fc.property(aBucket, aBucket, weightsOfSome, (one, other, weights) => {
      const lower = findVariantIndex(Math.min(one, other), weights)
      const higher = findVariantIndex(Math.max(one, other), weights)
      expect(higher).toBeGreaterThanOrEqual(lower)
    }),
  )
})

test('findVariantIndex: each variant begins and ends exactly at its share', () => {
  fc.assert(
    fc.property(weightsOfSome, (weights) => {
      const starts = listStarts(weights)
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

test('findVariantIndex: weights in another unit choose the same variants', () => {
  fc.assert(
    fc.property(aBucket, someWeights, fc.integer({ min: 2, max: 10 }), (bucket, weights, unit) => {
      const scaled = weights.map((weight) => weight * unit)
      expect(findVariantIndex(bucket, scaled)).toBe(findVariantIndex(bucket, weights))
    }),
  )
})
