import { describe, expect, test } from 'vitest'
import { MINIMUM_EXPECTED, computeSampleSize } from '../../../worker/analyze/index.ts'

describe('computeSampleSize', () => {
  test('agrees with the textbook formula, rounded up, for the textbook example', () => {
    // 10 % against 11 %, power 80 %, alpha 5 %: power.prop.test(p1 = 0.1, p2 = 0.11, power = 0.8)$n = 14750.79.
    expect(computeSampleSize({ baselineRate: 0.1, minimumRelativeLift: 0.1 })).toEqual({
      fixedPerVariant: 14_751,
      alwaysValidPerVariant: 28_242,
      reason: null,
    })
  })

  test('reads the lift as relative to the baseline', () => {
    const halved = computeSampleSize({ baselineRate: 0.1, minimumRelativeLift: 0.1 })
    const sameLift = computeSampleSize({ baselineRate: 0.2, minimumRelativeLift: 0.1 })
    expect(sameLift.fixedPerVariant).toBeLessThan(halved.fixedPerVariant ?? 0)
  })

  test('asks for more users when there are more variants', () => {
    const question = { baselineRate: 0.1, minimumRelativeLift: 0.1 }
    const [two, five] = [
      computeSampleSize(question),
      computeSampleSize({ ...question, variantCount: 5 }),
    ]
    expect(five.fixedPerVariant).toBeGreaterThan(two.fixedPerVariant ?? 0)
    expect(five.alwaysValidPerVariant).toBeGreaterThan(two.alwaysValidPerVariant ?? 0)
  })

  test('asks for at least the minimum sample of a verdict', () => {
    const { alwaysValidPerVariant } = computeSampleSize({
      baselineRate: 0.2,
      minimumRelativeLift: 3,
    })
    expect(alwaysValidPerVariant).toBe(MINIMUM_EXPECTED / 0.5)
  })

  test.for([
    [{ baselineRate: 0 }, 'baseline_out_of_range'],
    [{ baselineRate: 1 }, 'baseline_out_of_range'],
    [{ baselineRate: Number.NaN }, 'baseline_out_of_range'],
    [{ minimumRelativeLift: 0 }, 'lift_out_of_range'],
    [{ minimumRelativeLift: 9 }, 'lift_out_of_range'],
    [{ minimumRelativeLift: -1 }, 'lift_out_of_range'],
    [{ minimumRelativeLift: 1e-17 }, 'lift_out_of_range'],
    [{ minimumRelativeLift: 1e-12 }, 'lift_out_of_range'],
    [{ minimumRelativeLift: Number.NaN }, 'lift_out_of_range'],
    [{ power: 1 }, 'power_out_of_range'],
    [{ power: 0.1 }, 'power_out_of_range'],
    [{ alpha: 0 }, 'alpha_out_of_range'],
    [{ alpha: 1 }, 'alpha_out_of_range'],
    [{ variantCount: 1 }, 'variant_count_out_of_range'],
  ] as const)('refuses %o with the reason %s', ([change, reason]) => {
    expect(computeSampleSize({ baselineRate: 0.1, minimumRelativeLift: 0.1, ...change })).toEqual({
      fixedPerVariant: null,
      alwaysValidPerVariant: null,
      reason,
    })
  })
})
