import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { correctClock } from '../../../worker/participation/correct-clock.ts'

const NOW = Date.UTC(2026, 10, 29)
const MINUTE = 60_000
const instant = fc.integer({ min: 0, max: 4 * NOW })
/** How far a device's clock is ahead, and how long its request takes, in milliseconds. */
const offset = fc.integer({ min: -NOW / 2, max: NOW })
const latency = fc.integer({ min: 0, max: MINUTE })

describe('correctClock', () => {
  it('finds the true instant when only the clock of the device is wrong', () => {
    fc.assert(
      fc.property(offset, fc.integer({ min: 0, max: NOW / 2 }), (ahead, age) => {
        const happenedAt = NOW - age
        const corrected = correctClock({ ts: happenedAt + ahead, sentAt: NOW + ahead }, NOW)
        expect(corrected).toBe(happenedAt)
      }),
    )
  })

  it('keeps the order of rows by the clock of their sender', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: NOW / 2 }), { minLength: 2 }),
        offset,
        latency,
        (ages, ahead, late) => {
          const sentAt = NOW + ahead
          const rows = ages.toSorted((a, b) => b - a).map((age) => ({ ts: sentAt - age, sentAt }))
          const corrected = rows.map((row) => correctClock(row, NOW + late) ?? Number.NaN)
          expect(corrected).toEqual(ages.toSorted((a, b) => b - a).map((age) => NOW + late - age))
        },
      ),
    )
  })

  it('never returns an instant in the future or before 1970', () => {
    fc.assert(
      fc.property(instant, instant, (ts, sentAt) => {
        const corrected = correctClock({ ts, sentAt }, NOW)
        expect(corrected).toBeGreaterThanOrEqual(0)
        expect(corrected).toBeLessThanOrEqual(NOW)
      }),
    )
  })

  it('takes an instant as it is when the sender does not say its clock', () => {
    expect(correctClock({ ts: NOW - MINUTE }, NOW)).toBe(NOW - MINUTE)
    expect(correctClock({ ts: NOW + 5 * MINUTE }, NOW)).toBe(NOW + 5 * MINUTE)
    expect(correctClock({ ts: NOW + 5 * MINUTE + 1 }, NOW)).toBeUndefined()
  })

  it('counts a row without an instant as now', () => {
    expect(correctClock({}, NOW)).toBe(NOW)
    expect(correctClock({ sentAt: 0 }, NOW)).toBe(NOW)
  })
})
