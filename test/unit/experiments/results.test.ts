import { describe, expect, it } from 'vitest'
import { daysFor, daysLeft, paceOf } from '../../../worker/experiments/pace.ts'
import { resultsOf, RUNNING } from './support.ts'

const PLAN = { baselineRate: 0.11, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 }

describe('a verdict in words', () => {
  it('names the winner, how sure that is, and what to do', () => {
    const words = resultsOf([10_000, 10_000], [1_000, 1_300]).words
    expect(words.tone).toBe('better')
    expect(words.headline).toBe('B sells better than A')
    expect(words.detail).toContain('13.0')
    expect(words.next).toBe('Stop the experiment and make B what everybody gets.')
    expect(resultsOf([10_000, 10_000], [1_000, 1_300], { status: 'STOPPED' }).words.next).toBe(
      'Make B what everybody gets.',
    )
  })

  it('says how sure it is: as sure as was planned', () => {
    for (const [alpha, sure] of [
      [0.05, '95'],
      [0.07, '93'],
      [1e-6, '99.9999'],
    ] as const) {
      const plan = { ...PLAN, alpha }
      const { detail } = resultsOf([90_000, 90_000], [9_000, 12_000], { plan }).words
      expect(detail).toContain(`: ${sure}\u00a0% sure, `)
    }
  })

  it('names the loser', () => {
    const words = resultsOf([10_000, 10_000], [1_300, 1_000]).words
    expect(words).toMatchObject({ tone: 'worse', headline: 'B sells worse than A' })
    expect(words.next).toContain('keep A')
  })

  it('is withheld at a sample ratio mismatch, whatever the rates', () => {
    const metrics = resultsOf([10_000, 9_000], [1_000, 1_300])
    const { words } = metrics
    expect(words.tone).toBe('alarm')
    expect(words.headline).toMatch(/^No verdict/)
    expect(words.comparisons).toEqual(['withheld'])
  })

  it('is not given before the plan is complete, however large the difference', () => {
    const metrics = resultsOf([2_000, 2_000], [200, 300], { plan: PLAN }, '2026-11-02')
    const { words } = metrics
    expect(words.headline).toBe('No verdict yet: 30\u00a0% of the planned sample is in')
    expect(words.next).toContain('about 3\u00a0days more')
    expect(words.comparisons).toEqual(['not significant before the plan'])
  })

  it('says when nothing was found, so far or at the end', () => {
    const open = resultsOf([5_000, 5_000], [500, 505]).words
    expect(open).toMatchObject({ tone: 'open', headline: 'No difference found so far' })
    const complete = resultsOf([8_000, 8_000], [880, 885], { plan: PLAN }).words
    expect(complete.headline).toBe('No difference was found')
  })

  it('has a sentence for every reason why there is none', () => {
    const all = [
      resultsOf([0, 0], [0, 0]),
      resultsOf([100, 100], [0, 0]),
      resultsOf([100, 100], [10, 12]),
      resultsOf([100, 100], [200, 12]),
      resultsOf([100, 100], [10, 12], { variants: [{ name: 'A', weight: 1 }] }),
    ]
    for (const { headline, detail, next } of all.map(({ words }) => words)) {
      expect(headline).toMatch(/^No verdict/)
      expect(`${headline} ${detail} ${next}`).not.toMatch(/NaN|null|undefined|Infinity|_/)
    }
  })
})

describe('the plan', () => {
  it('takes as long as the variant with the smallest share', () => {
    expect(daysFor(1_000, 100, [{ weight: 1 }, { weight: 1 }])).toBe(20)
    expect(daysFor(1_000, 100, [{ weight: 9 }, { weight: 1 }])).toBe(100)
    expect(daysFor(1_000, 100, [{ weight: 0 }, { weight: 1 }])).toBe(10)
    expect(daysFor(1_000, 0, [{ weight: 1 }, { weight: 1 }])).toBeNull()
    expect(daysFor(1_000, Number.NaN, [{ weight: 1 }])).toBeNull()
  })

  it('is completed at the pace of whole days, not of today', () => {
    const metrics = resultsOf([3_000, 3_000], [300, 310], { plan: PLAN })
    expect(paceOf(metrics, '2026-11-01')).toBeNull()
    expect(paceOf(metrics, '2026-11-02')).toBe(6_000)
    expect(daysLeft(metrics, RUNNING, '2026-11-01')).toBeNull()
    expect(daysLeft(metrics, RUNNING, '2026-11-02')).toBe(2)
  })
})
