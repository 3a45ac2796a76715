import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { watchConsole } from '../support/api.ts'
import { takeBindings } from './faults.ts'
import { play, shorten, startOver, type Failure } from './play.ts'
import type { Counts } from './scene.ts'
import { generateSteps } from './generate.ts'
import { giveTimeBack, realPause, takeTime } from './time.ts'

const SHORTEN_FOR_MS = 60_000

/** The seed, and the fewest of its steps that still fail. */
const explain = async (seed: number): Promise<string> => {
  await startOver()
  const steps = generateSteps(seed)
  const failure = await play(`s${seed}`, steps)
  if (!failure) return 'Alone, it does not fail: something of the runs before it is needed.'
  const since = performance.now()
  const shortest = await shorten(
    `s${seed}`,
    steps.slice(0, failure.step + 1),
    () => performance.now() - since > SHORTEN_FOR_MS,
  )
  await startOver()
  const last = await play(`s${seed}t`, shortest)
  return [
    last
      ? `The shortest that fails, with: ${last.message}`
      : 'The shortest that failed once; it does not fail again:',
    ...shortest.map((step) => JSON.stringify(step)),
  ].join('\n')
}

const describe = async (seed: number, { step, message }: Failure): Promise<string> =>
  `seed ${seed}, step ${step}: ${message}\nCHAOS_SEED=${seed} plays it again.\n${await explain(seed)}`

/** Things that must happen in a suite. Otherwise its runs prove nothing. */
const MUST_HAPPEN = [
  'edit',
  'flip',
  'flip in D1',
  'read of a flip',
  'read of the newest',
  'read of an older version',
  'assign new',
  'assign again',
  'get variant',
  'exposure accepted',
  'exposure repeated',
  'event accepted',
  'event repeated',
  'row in D1',
]

/**
 * Plays each `stride`-th of the requested seeds, from the `part`-th on. Each part has a file, so that the parts run
 * in parallel.
 */
export const playSeeds = (part: number, stride: number) => {
  const { first, runs, isLoud } = inject('chaos')
  const seeds = Array.from({ length: runs }, (_, index) => first + index).filter(
    (_, index) => index % stride === part,
  )
  const print = console.log
  const counts: Counts = {}
  watchConsole()
  beforeAll(async () => {
    takeTime()
    takeBindings()
    await startOver()
  })
  afterAll(async () => {
    await realPause(50)
    giveTimeBack()
  })

  it.skipIf(seeds.length === 0)(
    `keeps every promise in ${seeds.length} runs, whatever happens in whatever order`,
    { timeout: 24 * 3_600_000 },
    async () => {
      for (const seed of seeds) {
        const failure = await play(`s${seed}`, generateSteps(seed), counts)
        if (failure && isLoud) print(`chaos: seed ${seed} fails: ${failure.message}`)
        if (failure) throw new Error(await describe(seed, failure))
        if (isLoud) print('chaos: a run is over')
      }
      if (isLoud) print(`chaos: ${JSON.stringify(counts)}`)
      const missing = seeds.length < 50 ? [] : MUST_HAPPEN.filter((what) => !counts[what])
      expect(missing).toEqual([])
    },
  )
}
