import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Env } from '../../worker/env.ts'
import worker from '../../worker/index.ts'
import { getParticipant, getPublisher } from '../../worker/objects/stubs.ts'
import { ADMIN, putFlag, seedKeys, sendWith, watchConsole } from '../support/api.ts'
import {
  assign,
  expose,
  getVariant,
  identify,
  reweight,
  runExperiment,
  track,
  userWith,
  weighted,
} from '../support/experiments.ts'
import { CALLS, listMissing, observeCalls } from '../support/last-release.ts'

/** Hides the alarm of the break-glass call. */
watchConsole()

beforeAll(async () => {
  await seedKeys()
  await runExperiment('skew', { variants: weighted(10_000, 1) })
  await putFlag('skew.flag')
})

const getObject = (on: string, of = '') =>
  (on === 'PUBLISHER' ? getPublisher(env) : getParticipant(env, of)) as unknown as Record<
    string,
    (...sent: readonly unknown[]) => Promise<unknown>
  >

describe('Objects of this release', () => {
  it.each(CALLS)("$on: answers $method of the last release's Worker", async (call) => {
    const object = getObject(call.on, call.of)
    const answer = await object[call.method]?.(...call.sent)
    expect(listMissing(call.answer, answer)).toEqual([])
  })
})

/** Everything that makes a Worker call an object. */
const useEverything = async (at: Env) => {
  const asked = { at }
  const now = { at, minVersion: await reweight('skew', weighted(10_000, 2)) }
  const userId = await userWith('skew', 'A', now)
  await assign('skew', 'skew-1', now)
  await getVariant('skew', 'skew-1', now)
  await expose([{ id: '1', experimentKey: 'skew', userId, variant: 'A' }], asked)
  await track([{ id: '1', type: 'event.viewed', userId, ts: '2026-11-01T00:00:00Z' }], asked)
  await identify('skew-1', 'skew-2', asked)
  await sendWith(at, 'DELETE', '/api/users/skew-2', { as: ADMIN })
  await sendWith(at, 'GET', '/api/experiments/skew/health', { as: ADMIN })
  await sendWith(at, 'PATCH', '/api/flags/skew.flag', { as: ADMIN, body: { enabled: true } })
  const bindings = { ...at, ADMIN_TOKEN: 'secret' }
  const comment = { enabled: false, comment: 'test' }
  await sendWith(bindings, 'POST', '/api/break-glass/skew.flag', { as: 'secret', body: comment })
  await worker.scheduled({} as ScheduledController, at)
}

describe('The Worker of this release', () => {
  it('calls only methods of the last release, with each member that they read', async () => {
    const { calls, bindings } = observeCalls(env)
    await useEverything(bindings)
    const missing = calls.flatMap(({ on, method, sent }) => {
      const known = CALLS.find((call) => call.on === on && call.method === method)
      return known
        ? known.sent.flatMap((example, at) =>
            listMissing(example, sent[at], `${on}.${method}[${at}]`),
          )
        : [`${on}.${method} is not in the last release`]
    })
    expect(missing).toEqual([])
    expect(new Set(calls.map(({ method }) => method))).toEqual(
      new Set(CALLS.map(({ method }) => method)),
    )
  })
})
