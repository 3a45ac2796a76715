import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BatchResponse } from '../../schema/participation.ts'
import { seedKeys, watchConsole } from '../support/api.ts'
import {
  accepted,
  act,
  assign,
  drain,
  expose,
  identify,
  isolate,
  pass,
  reweight,
  rows,
  runExperiment,
  stopClock,
  track,
  weighted,
} from '../support/experiments.ts'

watchConsole()

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const HOUR = 3_600_000

const seen = (experimentKey: string, userId: string, variant: string, ts: number | string) => ({
  id: `${userId}-${ts}`,
  experimentKey,
  userId,
  variant,
  ts,
})

const readPhase = async (key: string, userId: string) => {
  await drain(userId)
  const [row] = await rows<{ variant: string; phase: number }>(
    'SELECT variant, phase FROM experiment_assignment WHERE experiment_key = ? AND user_id = ?',
    key,
    userId,
  )
  return row
}

const refused = (id: string, errorCode: string): BatchResponse => ({
  ...accepted(0),
  // The code is one of those in the schema.
  rejected: [{ id, errorCode: errorCode as BatchResponse['rejected'][number]['errorCode'] }],
})

describe('POST /v1/exposures', () => {
  it('A late exposure counts in the phase in which it happened, by the weights of that phase', async () => {
    const key = 'late-phases'
    await runExperiment(key, { variants: weighted(10_000, 1) })
    const first = Date.now() + HOUR
    pass(2 * HOUR)
    const minVersion = await reweight(key, weighted(1, 10_000))
    const asked = { minVersion, at: isolate() }
    pass(HOUR)
    expect(await expose([seen(key, 'offline', 'A', first)], asked)).toEqual(accepted(1))
    expect(await expose([seen(key, 'liar', 'B', first)], asked)).toEqual(
      refused(`liar-${first}`, 'VARIANT_MISMATCH'),
    )
    expect(await expose([seen(key, 'online', 'B', Date.now())], asked)).toEqual(accepted(1))
    expect(await readPhase(key, 'offline')).toEqual({ variant: 'A', phase: 1 })
    expect(await readPhase(key, 'online')).toEqual({ variant: 'B', phase: 2 })
  })

  it.each(['pause', 'stop'] as const)('counts after a %s for 7 days, not longer', async (step) => {
    const key = `late-${step}`
    await runExperiment(key, { variants: weighted(10_000, 1) })
    const ran = Date.now() + HOUR
    pass(2 * HOUR)
    const asked = { minVersion: await act(key, step), at: isolate() }
    const ended = Date.now()
    pass(24 * HOUR)
    expect(await expose([seen(key, `in-run-${step}`, 'A', ran)], asked)).toEqual(accepted(1))
    const later = ended + HOUR
    expect(await expose([seen(key, `after-${step}`, 'A', later)], asked)).toEqual(
      refused(`after-${step}-${later}`, 'VARIANT_MISMATCH'),
    )
    pass(6 * 24 * HOUR + 1)
    expect(await expose([seen(key, `too-late-${step}`, 'A', ran)], asked)).toEqual(
      refused(`too-late-${step}-${ran}`, 'VARIANT_MISMATCH'),
    )
  })

  it('An exposure from before the launch is refused', async () => {
    const key = 'late-before'
    const minVersion = await runExperiment(key, { variants: weighted(10_000, 1) })
    const ts = Date.now() - 30 * 24 * HOUR
    expect(await expose([seen(key, 'backdated', 'A', ts)], { minVersion })).toEqual(
      refused(`backdated-${ts}`, 'BEFORE_LAUNCH'),
    )
  })

  it('An exposure with a time in seconds is refused with advice', async () => {
    const minVersion = await runExperiment('late-seconds', { variants: weighted(10_000, 1) })
    const ts = Math.floor(Date.now() / 1000)
    const answer = await expose([seen('late-seconds', 'in-seconds', 'A', ts)], { minVersion })
    expect(answer.rejected).toEqual([
      {
        id: `in-seconds-${ts}`,
        errorCode: 'INVALID_REQUEST',
        errorDetails: 'ts: this looks like seconds: send milliseconds',
      },
    ])
  })
})

it('POST /v1/events: an event of the second of the exposure comes after it', async () => {
  const key = 'same-second'
  const minVersion = await runExperiment(key, { variants: weighted(10_000, 1) })
  const second = Math.ceil(Date.now() / 1000) * 1000 + 1000
  pass(HOUR)
  await expose([seen(key, 'same-second', 'A', second + 500)], { minVersion })
  const ts = new Date(second).toISOString().replace('.000', '')
  await track([{ id: 'whole', type: 'event.viewed', userId: 'same-second', ts }])
  await track([{ id: 'exact', type: 'event.viewed', userId: 'same-second', ts: second }])
  await drain('same-second')
  expect(
    await rows('SELECT clicks FROM experiment_assignment WHERE user_id = ?', 'same-second'),
  ).toEqual([{ clicks: 1 }])
})

it('Sign-in merge: the user inherits the phase with the variant', async () => {
  const key = 'inherited-phase'
  await runExperiment(key, { variants: weighted(10_000, 1) })
  await assign(key, 'anonymous-early')
  pass(HOUR)
  const minVersion = await reweight(key, weighted(1, 10_000))
  pass(HOUR)
  expect((await identify('anonymous-early', 'user-late', { minVersion })).variants).toEqual({
    [key]: 'A',
  })
  expect(await readPhase(key, 'user-late')).toEqual({ variant: 'A', phase: 1 })
  await drain('anonymous-early')
  expect(await readPhase(key, 'user-late')).toEqual({ variant: 'A', phase: 1 })
})
