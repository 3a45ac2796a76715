import { describe, expect, it } from 'vitest'
import { fitText } from '../../../admin-ui/model/fit-text.ts'
import {
  count,
  counted,
  percent,
  points,
  pValue,
  relative,
  shareText,
  zValue,
} from '../../../worker/experiments/numbers.ts'
import {
  findExtent,
  linearScale,
  padExtent,
  findPercentDigits,
  computeTicks,
} from '../../../admin-ui/model/scale.ts'
import {
  listDays,
  selectLabels,
  listLooks,
  findSequenceDomain,
  type Sequence,
} from '../../../admin-ui/model/sequence.ts'
import { layOutSegments, computeShares } from '../../../worker/experiments/shares.ts'

describe('Chart scale', () => {
  it('maps the domain to the range, and values outside of it beyond the range', () => {
    const x = linearScale([-0.02, 0.02], [0, 400])
    expect([x(-0.02), x(0), x(0.02), x(0.04)]).toEqual([0, 200, 400, 600])
  })

  it('puts every value in the middle when the domain has only one value', () => {
    expect(linearScale([3, 3], [0, 100])(3)).toBe(50)
    expect(computeTicks([3, 3])).toEqual([3])
  })

  it('chooses round ticks within the domain', () => {
    expect(computeTicks([-0.011, 0.038], 5)).toEqual([-0.01, 0, 0.01, 0.02, 0.03])
    expect(computeTicks([0.1, 0.7], 6)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    expect(computeTicks([0, 1e-6], 2)).toEqual([0, 5e-7, 1e-6])
  })

  it('finds the extent of the values and pads it', () => {
    expect(findExtent([])).toBeNull()
    expect(findExtent([2, Number.NaN, -1])).toEqual([-1, 2])
    expect(padExtent([0, 10], 0.1)).toEqual([-1, 11])
    const [low, high] = padExtent([0, 0])
    expect(high).toBeGreaterThan(low)
  })

  it('finds the fewest decimals with which all ticks differ', () => {
    expect(findPercentDigits([0.1, 0.2])).toBe(0)
    expect(findPercentDigits([0.005, 0.01])).toBe(1)
    expect(findPercentDigits([0.0025])).toBe(2)
  })
})

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('Number format', () => {
  it('keeps the unit, the sign and enough decimals', () => {
    expect(count(12_345)).toBe('12,345')
    expect(plain(counted(1, 'user'))).toBe('1 user')
    expect(plain(counted(2_000, 'user'))).toBe('2,000 users')
    expect(plain(percent(0.1234))).toBe('12.3 %')
    expect(plain(percent(0.00123))).toBe('0.12 %')
    expect(plain(shareText(1 / 3))).toBe('33.3 %')
    expect(plain(shareText(0.5))).toBe('50 %')
    expect(points(0.018)).toBe('+1.80')
    expect(points(-0.018)).toBe('−1.80')
    expect(points(0)).toBe('0.00')
    expect(plain(relative(-0.164))).toBe('−16 %')
    expect(zValue(-1.7524)).toBe('−1.75')
  })

  it('never writes a p-value as 0', () => {
    expect([0.0797, 0.00049, 1e-9, 0.61].map(pValue)).toEqual([
      '0.080',
      '0.0005',
      '< 0.0001',
      '0.61',
    ])
  })

  it('shortens a name that is wider than its place in a chart', () => {
    expect(fitText('control', 200)).toBe('control')
    expect(fitText('x'.repeat(64), 75)).toBe(`${'x'.repeat(9)}…`)
  })
})

describe('Variant shares', () => {
  it('follow the weights, whatever their sum is', () => {
    expect(computeShares([{ weight: 1 }, { weight: 3 }])).toEqual([0.25, 0.75])
    expect(computeShares([{ weight: 0 }, { weight: 0 }])).toEqual([0, 0])
    expect(computeShares([{ weight: Number.NaN }, { weight: 5 }])).toEqual([0, 1])
  })

  it('lie side by side on a bar', () => {
    const variants = [
      { name: 'A', weight: 10 },
      { name: 'B', weight: 30 },
      { name: 'C', weight: 60 },
    ]
    expect(layOutSegments(variants)).toEqual([
      { name: 'A', share: 0.1, from: 0 },
      { name: 'B', share: 0.3, from: 0.1 },
      { name: 'C', share: 0.6, from: 0.4 },
    ])
  })
})

const look = (day: string, value: number, reach: number): Sequence['looks'][number] => ({
  day,
  lift: { value, lower: value - reach, upper: value + reach, pValue: 0.5, reason: null },
})

describe('Confidence sequence', () => {
  const none = { value: null, lower: null, upper: null, pValue: null, reason: 'no_users' } as const
  const sequence: Sequence = {
    variant: 'B',
    looks: [
      { day: '2026-11-01', lift: none },
      look('2026-11-02', 0, 0.5),
      look('2026-11-03', 0.02, 0.1),
      look('2026-11-04', 0.02, 0.06),
      look('2026-11-05', 0.02, 0.05),
    ],
  }

  it('leaves out looks without a difference to measure', () => {
    expect(listLooks(sequence).map(({ day }) => day)).toEqual([
      '2026-11-02',
      '2026-11-03',
      '2026-11-04',
      '2026-11-05',
    ])
  })

  it('has a domain that fits the later looks and zero', () => {
    const [low, high] = findSequenceDomain([sequence]) ?? [0, 0]
    expect(low).toBeCloseTo(-0.08)
    expect(high).toBeCloseTo(0.12)
    expect(findSequenceDomain([{ variant: 'B', looks: [] }])).toBeNull()
  })

  it('lists every day, and labels as many as fit', () => {
    const days = listDays(['2026-11-28', '2026-12-02', '2026-11-29'])
    expect(days).toEqual(['2026-11-28', '2026-11-29', '2026-11-30', '2026-12-01', '2026-12-02'])
    expect(selectLabels(days, 1_000)).toEqual(days)
    expect(selectLabels(days, 130)).toEqual(['2026-11-28', '2026-12-01'])
  })
})
