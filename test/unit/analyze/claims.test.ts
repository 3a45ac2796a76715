import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  analyzePhases,
  type Analysis,
  type AnalysisOptions,
  type Phase,
} from '../../../worker/analyze/index.ts'
import { claimsDifference } from '../../../worker/analyze/verdict.ts'
import { variant } from './support.ts'

const NAMES = ['A', 'B', 'C']

const aVariant = (name: string) =>
  fc
    .record({
      weight: fc.constantFrom(0, 1, 1),
      users: fc.constantFrom(0, 300, 3_000, 3_050, 30_000),
      rate: fc.constantFrom(0, 0.1, 0.11, 0.15),
      matured: fc.constantFrom(0, 0.5, 1),
    })
    .map(({ weight, users, rate, matured }) => {
      const exposedUsers = weight === 0 ? 0 : users
      const maturedUsers = exposedUsers * matured
      return {
        ...variant(name, exposedUsers, exposedUsers * rate, weight),
        matured: { exposedUsers: maturedUsers, conversions: maturedUsers * rate },
      }
    })

const somePhases: fc.Arbitrary<Phase[]> = fc
  .array(fc.tuple(...NAMES.map(aVariant)), { minLength: 1, maxLength: 3 })
  .map((phases) => phases.map((variants, index) => ({ number: index + 1, variants })))

const someOptions: fc.Arbitrary<AnalysisOptions> = fc.record({
  plannedSamplePerVariant: fc.constantFrom(null, 1_000, 5_000),
  intakeDays: fc.constantFrom(3, 7),
  minimumDays: fc.constant(7),
  isUnplanned: fc.boolean(),
  withheld: fc.constantFrom(null, null, 'partial_range' as const),
  alpha: fc.constantFrom(0.05, 0.001),
})

const listSmallSamples = ({ comparisons }: Analysis) =>
  comparisons.filter(
    ({ verdict }) => verdict.kind === 'not_enough_data' && verdict.reason === 'below_plan',
  )

const openVariant = (name: string, conversions: number) => ({
  ...variant(name, 1_500, conversions),
  matured: { exposedUsers: 0, conversions: 0 },
})

describe('analyzePhases: claims', () => {
  it('a z test is significant only where the verdict claims a difference', () => {
    fc.assert(
      fc.property(somePhases, someOptions, (phases, options) => {
        const { comparisons, zTest } = analyzePhases(phases, options)
        const isBold = comparisons.some(
          (one) => one.zTest.significant && !claimsDifference(one.verdict),
        )
        const isAlone = zTest.significant && comparisons[0]?.zTest.significant !== true
        expect({ isBold, isAlone }).toEqual({ isBold: false, isAlone: false })
      }),
      { numRuns: 1_000 },
    )
  })

  it('a plan is complete only if no variant that gets users is below it', () => {
    fc.assert(
      fc.property(somePhases, someOptions, (phases, options) => {
        const analysis = analyzePhases(phases, options)
        const last = phases.at(-1)?.variants ?? []
        const isOpen = (name: string) => last.some((one) => one.name === name && one.weight > 0)
        const waiting = listSmallSamples(analysis).filter(({ variant: name }) => isOpen(name))
        expect(analysis.progress.reached === true && waiting.length > 0).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('a closed variant below the plan has no significance, whatever the others reached', () => {
    const before = {
      number: 1,
      variants: [variant('A', 500, 50), variant('B', 500, 50), variant('C', 500, 150)],
    }
    const now = {
      number: 2,
      variants: [variant('A', 5_000, 500), variant('B', 5_000, 500), variant('C', 0, 0, 0)],
    }
    const { comparisons, progress } = analyzePhases([before, now], {
      plannedSamplePerVariant: 2_000,
    })
    expect(progress).toMatchObject({ reached: true, smallest: 5_500 })
    expect(comparisons[1]).toMatchObject({
      variant: 'C',
      zTest: { significant: false },
      verdict: { reason: 'below_plan' },
    })
  })

  it('an open window without a plan has no significance', () => {
    const { zTest, verdict } = analyzePhases(
      [{ number: 1, variants: [openVariant('A', 0), openVariant('B', 300)] }],
      { isUnplanned: true },
    )
    expect(zTest).toMatchObject({ significant: false, reason: null })
    expect(verdict).toEqual({ kind: 'not_enough_data', reason: 'maturing' })
  })

  it('progress counts the control only in phases that compare it', () => {
    const alone = {
      number: 1,
      variants: [variant('A', 9_000, 900), variant('B', 0, 0, 0), variant('C', 9_000, 900)],
    }
    const together = {
      number: 2,
      variants: [variant('A', 700, 70), variant('B', 6_300, 630, 9), variant('C', 0, 0, 0)],
    }
    const { progress } = analyzePhases([alone, together], { plannedSamplePerVariant: 5_000 })
    expect(progress).toMatchObject({ smallest: 700, reached: false })
  })
})
