import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Experiment } from '../../schema/experiment.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { ADMIN, json, problem, recorded, seedKeys, send, sendWith, VIEWER } from '../support/api.ts'
import {
  act,
  assign,
  drain,
  HALVES,
  isolate,
  patch,
  runExperiment,
  stopClock,
  weighted,
} from '../support/experiments.ts'
import { lyingD1 } from '../support/faults.ts'

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const C = { name: 'C', weight: 1 }
const THREE = [...HALVES, C]

const get = (key: string) =>
  json<Experiment>(send('GET', `/api/experiments/${key}`, { as: VIEWER }))
const attempt = (key: string, step: string, body: object = {}) =>
  step === 'update'
    ? send('PATCH', `/api/experiments/${key}`, { as: ADMIN, body })
    : send('POST', `/api/experiments/${key}/${step}`, { as: ADMIN, body })

/** An assignment arrives in D1, as a drain brings it. */
const arrive = (experimentKey: string, variant: string) =>
  writeParticipation(openDatabase(env.DB), {
    assignments: [
      { experimentKey, userId: `${variant}-of-${experimentKey}`, variant, at: Date.now() },
    ],
    exposures: [],
    events: [],
  })

/** An experiment that ran with A, B and C, and is paused. */
const paused = async (key: string) => {
  await runExperiment(key, { variants: THREE })
  await act(key, 'pause')
}

/** An experiment that lost C just before a user's assignment to C arrived. */
const stranded = async (key: string) => {
  await paused(key)
  await patch(key, { variants: HALVES })
  await arrive(key, 'C')
}

const refused = (variant: string) => ({
  status: 409,
  errorCode: 'CONFLICT',
  errorDetails: expect.stringContaining(`assigned to ${variant}`),
})

describe('Variant that a user has', () => {
  it('removing or renaming it answers 409', async () => {
    const minVersion = await runExperiment('kept', { variants: weighted(1, 10_000) })
    await assign('kept', 'u-1', { minVersion })
    await drain('u-1')
    await act('kept', 'pause')
    const before = await recorded()
    for (const variants of [
      [HALVES[0], C],
      [HALVES[0], { name: 'b', weight: 1 }],
    ])
      expect(await problem(attempt('kept', 'update', { variants }))).toMatchObject(refused('B'))
    expect(await recorded()).toEqual(before)
  })

  it('its weight, its order and the other variants may change', async () => {
    await paused('moved')
    await arrive('moved', 'B')
    const variants = [C, { name: 'B', weight: 0 }]
    expect((await patch('moved', { variants })).experiment.variants).toEqual(variants)
  })

  it('removing it is refused when the assignment reaches D1 between the read and the commit', async () => {
    await paused('late-row')
    const { d1, control } = lyingD1(env.DB)
    const bindings = isolate({ DB: d1 })
    control.beforeBatch = async () => {
      control.beforeBatch = undefined
      await arrive('late-row', 'C')
    }
    const before = await recorded()
    const answer = sendWith(bindings, 'PATCH', '/api/experiments/late-row', {
      as: ADMIN,
      body: { variants: HALVES },
    })
    expect(await problem(answer)).toMatchObject(refused('C'))
    expect(await recorded()).toEqual(before)
    expect((await get('late-row')).variants).toEqual(THREE)
  })
})

it('Variants: a variant without assignments may be removed', async () => {
  await paused('free')
  await arrive('free', 'A')
  expect((await patch('free', { variants: HALVES })).experiment.variants).toEqual(HALVES)
})

describe('Assignment that reaches D1 after its variant was removed', () => {
  it('a launch without the variant answers 409 and names it', async () => {
    await stranded('stranded-launch')
    expect(await problem(attempt('stranded-launch', 'launch'))).toMatchObject(refused('C'))
  })

  it('a launch succeeds once the variant is back', async () => {
    await stranded('stranded-back')
    await patch('stranded-back', { variants: [...HALVES, { name: 'C', weight: 0 }] })
    await act('stranded-back', 'launch')
    expect((await get('stranded-back')).status).toBe('RUNNING')
  })

  it('other edits still succeed', async () => {
    await stranded('stranded-others')
    const { experiment } = await patch('stranded-others', { description: 'C came late' })
    expect(experiment.description).toBe('C came late')
    await act('stranded-others', 'stop')
    expect((await get('stranded-others')).status).toBe('STOPPED')
  })

  it('an experiment launched before can be paused and stopped', async () => {
    await paused('stranded-running')
    await patch('stranded-running', { variants: HALVES })
    await act('stranded-running', 'launch')
    await arrive('stranded-running', 'C')
    await act('stranded-running', 'pause')
    await act('stranded-running', 'stop')
    expect((await get('stranded-running')).status).toBe('STOPPED')
  })
})

it('Experiments: reweightedAt says when variants changed after the first launch', async () => {
  await runExperiment('told')
  expect((await get('told')).reweightedAt).toBeNull()
  await act('told', 'pause')
  await patch('told', { description: 'no weights' })
  expect((await get('told')).reweightedAt).toBeNull()
  await patch('told', { variants: weighted(1, 2) })
  const { reweightedAt } = await get('told')
  expect(reweightedAt).toBe(new Date(Date.now()).toISOString())
  await act('told', 'launch')
  expect((await get('told')).reweightedAt).toBe(reweightedAt)
})
