import { describe, expect, it } from 'vitest'
import { estimateDays, estimateDaysLeft, measurePace } from '../../../worker/experiments/pace.ts'
import { computeResults, RUNNING } from './support.ts'

const PLAN = { baselineRate: 0.11, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 }

describe('Results in words', () => {
  it('a better variant: the words name it, the confidence and the next step', () => {
    const words = computeResults([10_000, 10_000], [1_000, 1_300], { plan: PLAN }).words
    expect(words.tone).toBe('better')
    expect(words.headline).toBe('B sells better than A')
    expect(words.detail).toContain('13.0')
    expect(words.next).toBe('Stop the experiment and make B what everybody gets.')
    expect(
      computeResults([10_000, 10_000], [1_000, 1_300], { plan: PLAN, status: 'STOPPED' }).words
        .next,
    ).toBe('Make B what everybody gets.')
  })

  it('a better variant: the words give the confidence that was planned', () => {
    for (const [alpha, sure] of [
      [0.05, '95'],
      [0.07, '93'],
      [1e-6, '99.9999'],
    ] as const) {
      const plan = { ...PLAN, alpha }
      const { detail } = computeResults([90_000, 90_000], [9_000, 12_000], { plan }).words
      expect(detail).toContain(`: ${sure}\u00a0% sure, `)
    }
  })

  it('a worse variant: the words name it and advise to keep the control', () => {
    const words = computeResults([10_000, 10_000], [1_300, 1_000], { plan: PLAN }).words
    expect(words).toMatchObject({ tone: 'worse', headline: 'B sells worse than A' })
    expect(words.next).toContain('keep A')
  })

  it('a sample ratio mismatch: the words withhold the verdict', () => {
    const metrics = computeResults([10_000, 9_000], [1_000, 1_300])
    const { words } = metrics
    expect(words.tone).toBe('alarm')
    expect(words.headline).toMatch(/^No verdict/)
    expect(words.comparisons).toEqual(['withheld'])
  })

  it('an incomplete plan: the words say how much of the sample is in', () => {
    const metrics = computeResults([2_000, 2_000], [200, 300], { plan: PLAN })
    const { words } = metrics
    expect(words.headline).toBe('No verdict yet: 30\u00a0% of the planned sample is in')
    expect(words.next).toContain('about 10\u00a0days more')
    expect(words.comparisons).toEqual(['not significant before the plan'])
  })

  it('no difference: the words distinguish "so far" from "at the end"', () => {
    const open = computeResults([5_000, 5_000], [500, 505]).words
    expect(open).toMatchObject({ tone: 'open', headline: 'No difference found so far' })
    const complete = computeResults([8_000, 8_000], [880, 885], { plan: PLAN }).words
    expect(complete.headline).toBe('No difference was found')
  })

  it('no verdict: the words give a full sentence for every reason', () => {
    const all = [
      computeResults([0, 0], [0, 0]),
      computeResults([100, 100], [0, 0]),
      computeResults([100, 100], [10, 12]),
      computeResults([100, 100], [200, 12]),
      computeResults([100, 100], [10, 12], { variants: [{ name: 'A', weight: 1 }] }),
    ]
    for (const { headline, detail, next } of all.map(({ words }) => words)) {
      expect(headline).toMatch(/^No verdict/)
      expect(`${headline} ${detail} ${next}`).not.toMatch(/NaN|null|undefined|Infinity|_/)
    }
  })
})

describe('Pace', () => {
  it('estimateDays: the variant with the smallest share decides', () => {
    expect(estimateDays(1_000, 100, [{ weight: 1 }, { weight: 1 }])).toBe(20)
    expect(estimateDays(1_000, 100, [{ weight: 9 }, { weight: 1 }])).toBe(100)
    expect(estimateDays(1_000, 100, [{ weight: 0 }, { weight: 1 }])).toBe(10)
    expect(estimateDays(1_000, 0, [{ weight: 1 }, { weight: 1 }])).toBeNull()
    expect(estimateDays(1_000, Number.NaN, [{ weight: 1 }])).toBeNull()
  })

  it('estimateDaysLeft: the pace ignores the current day', () => {
    const metrics = computeResults([3_000, 3_000], [300, 310], { plan: PLAN })
    expect(measurePace(metrics, '2026-11-01')).toBeNull()
    expect(measurePace(metrics, '2026-11-02')).toBe(6_000)
    expect(estimateDaysLeft(metrics, RUNNING, '2026-11-01')).toBeNull()
    expect(estimateDaysLeft(metrics, RUNNING, '2026-11-02')).toBe(9)
  })
})
