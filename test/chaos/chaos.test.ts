import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { watchConsole } from '../support/api.ts'
import { play, shorten, startOver } from './play.ts'
import type { Counts } from './scene.ts'
import { stepsOf } from './steps.ts'
import { giveTimeBack, takeTime } from './time.ts'
import { takeBindings } from './faults.ts'

const { first, runs } = inject('chaos')
const SHORTEN_FOR_MS = 60_000
const print = console.log

watchConsole()
beforeAll(async () => {
  takeTime()
  takeBindings()
  await startOver()
})
afterAll(giveTimeBack)

const report = async (seed: number) => {
  const name = `s${seed}`
  await startOver()
  const steps = stepsOf(seed)
  const failure = await play(name, steps)
  if (!failure) return 'alone, it does not fail: something of the runs before it is needed'
  const since = performance.now()
  const shortest = await shorten(
    name,
    steps.slice(0, failure.step + 1),
    () => performance.now() - since > SHORTEN_FOR_MS,
  )
  await startOver()
  const last = await play(`${name}t`, shortest)
  return [last?.message ?? failure.message, ...shortest.map((step) => JSON.stringify(step))].join(
    '\n',
  )
}

const counts: Counts = {}

it('keeps every promise, whatever happens in whatever order', { timeout: 3_600_000 }, async () => {
  for (let seed = first; seed < first + runs; seed++) {
    const failure = await play(`s${seed}`, stepsOf(seed), counts)
    if (failure)
      expect.fail(
        `seed ${seed}, step ${failure.step}: ${failure.message}\n\nCHAOS_SEED=${seed} plays it again. The shortest that fails:\n${await report(seed)}`,
      )
  }
  print(JSON.stringify(counts))
})
