import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../schema/demo-history.ts'
import { CHEATS, playHonestly } from '../../bench/cheats.ts'
import { createWorld } from '../../bench/simulated-experiment.ts'

/* A few of the runs of `npm run cheats`: three of eight is far above 5 %, so a broken rule shows at once. */
const RUNS = 8
const SLOW_RUNS = 3

describe('A/A experiments', () => {
  it.each(CHEATS)(
    'an admin who $name seldom gets a verdict',
    { timeout: 60_000 },
    ({ play, isSlow = false }) => {
      const random = seededRandom(5)
      const runs = isSlow ? SLOW_RUNS : RUNS
      const verdicts = Array.from({ length: runs }, () => play(createWorld(random)))
      expect(verdicts.filter(Boolean).length).toBeLessThanOrEqual(Math.floor(runs / 4))
    },
  )
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
