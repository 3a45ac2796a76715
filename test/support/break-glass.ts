import { runDurableObjectAlarm } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, vi } from 'vitest'
import { BreakGlassResponse } from '../../schema/break-glass.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { ADMIN, readAudit, CLIENT, json, send, sendWith } from './api.ts'
import { lyingD1, withPublisherBindings } from './faults.ts'

/* What the tests that break the glass have in common. */

export const ROOT = 'root-token'
export const KEY = 'payments.enabled'

export const pass = (ms: number) => vi.setSystemTime(Date.now() + ms)
export const publisher = () => getPublisher(env)

/** D1 as the service sees it. A test that needs the real one uses `env.DB`. */
export const breakD1 = async () => {
  const { d1, control } = lyingD1(env.DB)
  control.mode = 'down'
  await withPublisherBindings({ DB: d1 })
  return { isolate: { ...env, DB: d1, ADMIN_TOKEN: ROOT }, control, d1 }
}

export const COMMENT = 'the provider charges twice'

export const breakGlass = async (bindings: Parameters<typeof sendWith>[0], key = KEY) => {
  const body = { enabled: false, comment: COMMENT }
  const answer = await sendWith(bindings, 'POST', `/api/break-glass/${key}`, { as: ROOT, body })
  expect(answer.status).toBe(200)
  return BreakGlassResponse.strict().parse(await json(answer))
}

export const evaluate = async (
  bindings = { ...env } as Parameters<typeof sendWith>[0],
  query = '',
) => {
  const sent = { as: CLIENT, body: { context: {} } }
  const answer = sendWith(bindings, 'POST', `/v1/flags/evaluate${query}`, sent)
  return json<{ flags: Record<string, boolean>; version: number }>(answer)
}

export const runAlarms = async (most = 6) => {
  for (let i = 0; i < most; i++) {
    pass(60_000)
    if (!(await runDurableObjectAlarm(publisher()))) return
  }
}

export const inD1 = () => json(send('GET', `/api/flags/${KEY}`, { as: ADMIN }))
export const flips = async () =>
  (await readAudit(`flag:${KEY}`)).filter(({ action }) => action === 'flag.break_glass')
