import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isZone } from '../../../schema/zone.ts'
import { findDayStart, listZoneDays } from '../../../worker/experiments/zone-days.ts'

const QUARTER_MS = 900_000
const toQuarter = (at: string) => Date.parse(at) / QUARTER_MS
const iso = (quarter: number) => new Date(quarter * QUARTER_MS).toISOString().slice(0, 16)

const ZONES = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'America/St_Johns',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Cairo',
  'Pacific/Apia',
  'Pacific/Kiritimati',
]

describe('Days of a zone', () => {
  it.each([
    ['UTC', '2026-11-29', '2026-11-29T00:00'],
    ['Asia/Kolkata', '2026-11-29', '2026-11-28T18:30'],
    ['Asia/Kathmandu', '2026-11-29', '2026-11-28T18:15'],
    ['America/St_Johns', '2026-11-29', '2026-11-29T03:30'],
    ['America/St_Johns', '2026-07-01', '2026-07-01T02:30'],
    ['Pacific/Kiritimati', '2026-11-29', '2026-11-28T10:00'],
    // Midnight is missing: clocks go from 24:00 to 1:00.
    ['America/Santiago', '2026-09-06', '2026-09-06T04:00'],
    // The day is missing: the zone crossed the date line.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00'],
  ])('%s: %s begins at %s UTC', (zone, day, at) => {
    expect(iso(findDayStart(zone, day))).toBe(at)
  })

  it.each([
    ['America/St_Johns', '2026-03-08', 23],
    ['America/St_Johns', '2026-11-01', 25],
    ['Australia/Lord_Howe', '2026-10-04', 23.5],
    ['Asia/Kathmandu', '2026-03-08', 24],
  ])('%s: %s has %d hours', (zone, day, hours) => {
    const start = findDayStart(zone, day)
    const [only] = listZoneDays(zone, start, start + 1)
    expect(only).toEqual({ day, from: start, until: start + hours * 4 })
  })

  it('days follow each other without a gap, and each begins with its date, in any zone', () => {
    const someQuarter = fc.integer({
      min: toQuarter('2012-01-01'),
      max: toQuarter('2037-01-01'),
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        someQuarter,
        fc.integer({ min: 1, max: 40 * 96 }),
        (zone, from, length) => {
          const days = listZoneDays(zone, from, from + length)
          const [first, last] = [days[0], days.at(-1)]
          expect(first && first.from <= from && first.until > from).toBe(true)
          expect(last && last.from < from + length && last.until >= from + length).toBe(true)
          expect(days.slice(1).map((day) => day.from)).toEqual(
            days.slice(0, -1).map(({ until }) => until),
          )
          expect(days.map(({ day }) => findDayStart(zone, day))).toEqual(
            days.map((day) => day.from),
          )
        },
      ),
      { numRuns: 60 },
    )
  })

  it('knows the names of zones and refuses others', () => {
    expect(ZONES.every(isZone)).toBe(true)
    expect(['', 'Mars/Olympus', 'x'.repeat(64)].some(isZone)).toBe(false)
  })
})
