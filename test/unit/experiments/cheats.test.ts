import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../schema/demo-history.ts'
import { CHEATS, createWorld, playHonestly } from '../../bench/cheats.ts'

/* A few of the runs of `npm run cheats`: three of eight is far above 5 %, so a broken rule shows at once. */
const RUNS = 8

describe('A/A experiments', () => {
  it.each(CHEATS)('an admin who $name seldom gets a verdict', { timeout: 60_000 }, ({ play }) => {
    const random = seededRandom(5)
    const verdicts = Array.from({ length: RUNS }, () => play(createWorld(random)))
    expect(verdicts.filter(Boolean).length).toBeLessThanOrEqual(2)
  })
})

describe('Experiments with a true lift of 30 %', () => {
  it('an honest admin gets a verdict after at least 14 days', () => {
    const random = seededRandom(6)
    const days = Array.from({ length: 10 }, () => playHonestly(createWorld(random, 0.3)))
    const found = days.filter((day) => day !== null)
    expect(found.length).toBeGreaterThanOrEqual(8)
    expect(Math.min(...found)).toBeGreaterThanOrEqual(14)
  })
})
