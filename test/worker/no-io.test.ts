import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { CLIENT, putFlag, seedKeys, sendWith, SERVER } from '../support/api.ts'
import { runExperiment } from '../support/experiments.ts'

/** An isolate whose bindings count every touch. */
const countingIsolate = () => {
  const touched: string[] = []
  const counting = <Binding extends object>(name: string, binding: Binding): Binding =>
    new Proxy(binding, {
      get(target, member) {
        touched.push(`${name}.${String(member)}`)
        const value: unknown = Reflect.get(target, member)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  const bindings: Env = {
    ...env,
    DB: counting('DB', env.DB),
    SNAPSHOTS: counting('SNAPSHOTS', env.SNAPSHOTS),
    PUBLISHER: counting('PUBLISHER', env.PUBLISHER),
    PARTICIPANT: counting('PARTICIPANT', env.PARTICIPANT),
  }
  return { bindings, touched }
}

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('half', { rollout: 50 })
  await runExperiment('running')
  await putFlag('guests', { rules: { roles: ['GUEST'], cities: ['Mumbai'] } })
})

/** The clock stands: what follows is one instant, however slow the machine. */
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }))
afterEach(() => vi.useRealTimers())

const contexts = [{}, { userId: 'u-1' }, { targetingKey: 'u-2', role: 'GUEST', city: 'Mumbai' }]
const requests = [
  ['/v1/flags/evaluate', { as: CLIENT }],
  ['/v1/flags/evaluate', { headers: { 'X-API-Key': SERVER } }],
  ['/v1/flags/evaluate?minVersion=1', { as: CLIENT }],
  ['/ofrep/v1/evaluate/flags/on', { as: CLIENT }],
  ['/ofrep/v1/evaluate/flags/no.such_flag', { as: CLIENT }],
  ['/ofrep/v1/evaluate/flags/running', { as: CLIENT }],
  ['/ofrep/v1/evaluate/flags', { as: CLIENT }],
  ['/v1/bundle', { as: CLIENT }],
  ['/v1/experiments/running/variant', { as: CLIENT }],
  ['/ofrep/v1/evaluate/flags?flagConfigEtag=1', { as: CLIENT, headers: { 'If-None-Match': '*' } }],
] as const

it('Evaluation: a warm isolate checks the key and evaluates without a call to KV, D1 or an object', async () => {
  const { bindings, touched } = countingIsolate()
  const ask = (path: string, sent: object, context: object) =>
    sendWith(bindings, 'POST', path, { ...sent, body: { context } })

  for (const as of [CLIENT, SERVER])
    expect((await ask('/v1/flags/evaluate', { as }, {})).status).toBe(200)
  expect(touched).toContain('SNAPSHOTS.get')
  expect(touched).toContain('PUBLISHER.getByName')
  touched.length = 0

  const statuses = new Set<number>()
  for (const context of contexts)
    for (const [path, sent] of requests) statuses.add((await ask(path, sent, context)).status)
  expect(touched).toEqual([])
  expect(statuses).toEqual(new Set([200, 304, 400, 404]))
})

it('Evaluation: a malformed request causes no call either', async () => {
  const { bindings, touched } = countingIsolate()
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: {} } })
  touched.length = 0
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body: '{' })
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: 1 } })
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { body: { context: {} } })
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body: 'x'.repeat(70_000) })
  expect(touched).toEqual([])
})

it('Evaluation: a cold isolate never calls D1', async () => {
  const { bindings, touched } = countingIsolate()
  await sendWith(bindings, 'POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: {} } })
  expect(touched.filter((touch) => touch.startsWith('DB'))).toEqual([])
})
