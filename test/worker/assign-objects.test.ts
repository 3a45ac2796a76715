import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { CLIENT, json, seedKeys, sendWith, watchConsole } from '../support/api.ts'
import {
  act,
  assign,
  expose,
  getVariant,
  isolate,
  pass,
  countPending,
  reweight,
  runExperiment,
  stopClock,
  until,
  weighted,
} from '../support/experiments.ts'
import { lyingParticipants } from '../support/faults.ts'

/** Keeps the expected log lines about failing objects out of the output. */
watchConsole()

/** The snapshot version in which all experiments run. The `moved` ones changed from A to B after the launch. */
const made = { version: 0 }
beforeAll(async () => {
  await seedKeys()
  for (const index of [1, 2, 3]) {
    await runExperiment(`steady-${index}`, { variants: weighted(10_000, 1) })
    await runExperiment(`moved-${index}`, { variants: weighted(10_000, 1) })
    made.version = await reweight(`moved-${index}`, weighted(1, 10_000))
  }
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

/** An isolate whose calls to participant objects are counted, and fail as `control` says. */
const openWatched = () => {
  const { control, namespace } = lyingParticipants(env.PARTICIPANT)
  return { control, asked: { at: isolate({ PARTICIPANT: namespace }), minVersion: made.version } }
}

const ofrep = (at: Env, userId: string, key = '') =>
  json(
    sendWith(at, 'POST', `/ofrep/v1/evaluate/flags${key && `/${key}`}?minVersion=${made.version}`, {
      as: CLIENT,
      body: { context: { targetingKey: userId } },
    }),
  )

describe('No participant object is called while weights are unchanged', () => {
  it('getVariant calls none, before or after an assignment', async () => {
    const { control, asked } = openWatched()
    await getVariant('steady-1', 'quiet-1', asked)
    expect(control.calls).toEqual([])
    await assign('steady-1', 'quiet-1', asked)
    await getVariant('steady-1', 'quiet-1', asked)
    expect(control.calls).toEqual(['assign'])
  })

  it('OFREP calls none', async () => {
    const { control, asked } = openWatched()
    expect(await ofrep(asked.at, 'quiet-2', 'steady-1')).toMatchObject({ value: 'A' })
    expect(control.calls).toEqual([])
  })

  it('a pause and a relaunch with the same weights change nothing', async () => {
    await runExperiment('resumed')
    await act('resumed', 'pause')
    const { control, asked } = openWatched()
    await getVariant('resumed', 'quiet-3', { ...asked, minVersion: await act('resumed', 'launch') })
    expect(control.calls).toEqual([])
  })

  it('requests for an experiment that is not running call none', async () => {
    await runExperiment('ended')
    const minVersion = await act('ended', 'stop')
    const { control, asked } = openWatched()
    await assign('ended', 'quiet-4', { ...asked, minVersion })
    await getVariant('ended', 'quiet-4', asked)
    await ofrep(asked.at, 'quiet-4', 'ended')
    expect(control.calls).toEqual([])
  })
})

describe('The participant object is called after the weights changed', () => {
  it('getVariant returns the variant that only the object has', async () => {
    const { control, asked } = openWatched()
    expect(await getVariant('moved-1', 'asked-1', asked)).toEqual({ variant: 'B' })
    expect(control.calls).toEqual(['readVariants'])
  })

  it('OFREP makes one call for all experiments', async () => {
    const { control, asked } = openWatched()
    const { flags } = (await ofrep(asked.at, 'asked-2')) as {
      flags: { key: string; value: string }[]
    }
    expect(
      flags.filter(({ key }) => /^(steady|moved)-/.test(key)).map(({ key, value }) => key + value),
    ).toEqual(['moved-1B', 'moved-2B', 'moved-3B', 'steady-1A', 'steady-2A', 'steady-3A'])
    expect(control.calls).toEqual(['readVariants'])
    await ofrep(asked.at, 'asked-2', 'moved-3')
    expect(control.calls).toEqual(['readVariants', 'readVariants'])
  })

  it('a request without a user id makes no call', async () => {
    const { control, asked } = openWatched()
    await ofrep(asked.at, ' ')
    expect(control.calls).toEqual([])
  })
})

const bucketOnly = (variant: string) => ({ variant, isNew: false, sticky: false })

describe('The participant object cannot answer', () => {
  it('an object that throws is called three times, then the bucket answers and nothing is recorded', async () => {
    const { control, asked } = openWatched()
    control.mode = 'throwing'
    expect(await assign('steady-1', 'dumb-1', asked)).toEqual(bucketOnly('A'))
    expect(control.calls).toEqual(['assign', 'assign', 'assign'])
    expect(await countPending('dumb-1')).toBe(0)
  })

  it('an overloaded object is not called again', async () => {
    const { control, asked } = openWatched()
    control.mode = 'overloaded'
    expect(await assign('moved-1', 'dumb-2', asked)).toEqual(bucketOnly('B'))
    expect(control.calls).toEqual(['assign'])
  })

  it('an object that throws once assigns at the second call', async () => {
    const { control, asked } = openWatched()
    control.mode = 'throwing'
    control.times = 1
    expect(await assign('steady-1', 'dumb-3', asked)).toEqual({ variant: 'A', isNew: true })
    expect(control.calls).toEqual(['assign', 'assign'])
  })

  it('an object that hangs is abandoned after one second', async () => {
    const { control, asked } = openWatched()
    await getVariant('steady-1', 'dumb-4', asked)
    control.mode = 'hanging'
    const answer = assign('steady-1', 'dumb-4', asked)
    await until(() => control.calls.length === 1)
    vi.advanceTimersByTime(1_000)
    expect(await answer).toEqual(bucketOnly('A'))
    expect(control.calls).toEqual(['assign'])
  })

  it('an object that answers too late records nothing, since the bucket has answered', async () => {
    const { control, asked } = openWatched()
    await getVariant('steady-1', 'dumb-5', asked)
    control.mode = 'held'
    const answer = assign('steady-1', 'dumb-5', asked)
    await until(() => control.held.length === 1)
    vi.advanceTimersByTime(1_000)
    expect(await answer).toEqual(bucketOnly('A'))
    await control.held[0]?.()
    expect(await countPending('dumb-5')).toBe(0)
    control.mode = 'honest'
    expect(await assign('steady-1', 'dumb-5', asked)).toEqual({ variant: 'A', isNew: true })
  })

  it('an object that answers within the second records the assignment', async () => {
    const { control, asked } = openWatched()
    await getVariant('steady-1', 'dumb-6', asked)
    control.mode = 'held'
    const answer = assign('steady-1', 'dumb-6', asked)
    await until(() => control.held.length === 1)
    pass(999)
    await control.held[0]?.()
    expect(await answer).toEqual({ variant: 'A', isNew: true })
  })

  it('getVariant and OFREP answer from the bucket, and getVariant says so', async () => {
    const { control, asked } = openWatched()
    control.mode = 'throwing'
    expect(await getVariant('moved-1', 'dumb-7', asked)).toEqual({ variant: 'B', sticky: false })
    expect(await ofrep(asked.at, 'dumb-7', 'moved-1')).toMatchObject({ value: 'B' })
  })

  it('an assigned user keeps the variant when the weights never changed', async () => {
    const { control, asked } = openWatched()
    expect(await assign('steady-1', 'dumb-8', asked)).toEqual({ variant: 'A', isNew: true })
    control.mode = 'throwing'
    expect(await assign('steady-1', 'dumb-8', asked)).toEqual(bucketOnly('A'))
    control.mode = 'honest'
    expect(await assign('steady-1', 'dumb-8', asked)).toEqual({ variant: 'A', isNew: false })
  })

  it('a failing object does not affect other users', async () => {
    const { control, asked } = openWatched()
    control.mode = 'throwing'
    control.only = ['dumb-9']
    expect(await assign('steady-1', 'dumb-9', asked)).toEqual(bucketOnly('A'))
    expect(await assign('steady-1', 'dumb-10', asked)).toEqual({ variant: 'A', isNew: true })
    expect(
      await expose(
        [{ id: '1', experimentKey: 'steady-1', userId: 'dumb-10', variant: 'A' }],
        asked,
      ),
    ).toEqual({ accepted: 1, duplicates: 0, rejected: [] })
  })
})
