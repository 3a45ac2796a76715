import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../schema/demo-history.ts'
import { CHEATS, playHonestly } from '../bench/cheats.ts'
import { createWorld } from '../bench/simulated-experiment.ts'

/* 18 of 200 is more than two standard errors above 5 %. `npm run cheats` plays 1,000. */
const RUNS = 200

describe('A/A experiments', () => {
  it.each(CHEATS)('an admin who $name seldom gets a verdict', { timeout: 600_000 }, ({ play }) => {
    const random = seededRandom(5)
    const verdicts = Array.from({ length: RUNS }, () => play(createWorld(random)))
    expect(verdicts.filter(Boolean).length).toBeLessThanOrEqual(RUNS * 0.09)
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
