import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import type { Env } from '../../worker/env.ts'
import { json, putFlag, seedKeys, send, sendWith, watchConsole } from '../support/api.ts'

watchConsole()
beforeAll(seedKeys)
afterEach(() => vi.useRealTimers())

const isDown = () => {
  throw new Error('Network connection lost.')
}

it('GET /health: needs no credential and names the snapshot version of the isolate', async () => {
  const { snapshotVersion } = await putFlag('on')
  const answer = await sendWith({ ...env }, 'GET', '/health')
  expect(answer.status).toBe(200)
  expect(await json(answer)).toEqual({
    status: 'ok',
    version: snapshotVersion,
    publishedVersion: snapshotVersion,
    snapshotAge: 0,
    overridesPending: 0,
    workerVersion: env.VERSION?.id,
  })
  expect(env.VERSION?.id).toMatch(/^[0-9a-f-]{36}$/)
})

it('GET /health: shows neither keys nor flags', async () => {
  await putFlag('payments.secret_project')
  const text = await (await send('GET', '/health')).text()
  expect(text).not.toContain('payments')
  expect(text).not.toContain('local')
})

it('GET /health: the status is down when the isolate can load no snapshot', async () => {
  const bindings: Env = {
    ...env,
    SNAPSHOTS: { get: isDown } as unknown as KVNamespace,
    PUBLISHER: { getByName: isDown } as unknown as Env['PUBLISHER'],
  }
  const answer = await sendWith(bindings, 'GET', '/health')
  expect(answer.status).toBe(503)
  expect(await json(answer)).toEqual({
    status: 'down',
    version: null,
    publishedVersion: null,
    snapshotAge: null,
    overridesPending: null,
    workerVersion: env.VERSION?.id,
  })
})

it('GET /health: the version of the Worker is null in a deployment without that binding', async () => {
  const { VERSION: _, ...bare } = env
  expect(await json(sendWith(bare, 'GET', '/health'))).toMatchObject({ workerVersion: null })
})

it('GET /health: the status is degraded when the Publisher is out of reach for longer than the bound', async () => {
  await putFlag('on')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  const bindings = { ...env }
  expect(await json(sendWith(bindings, 'GET', '/health'))).toMatchObject({ status: 'ok' })
  Object.assign(bindings, { SNAPSHOTS: { get: isDown }, PUBLISHER: { getByName: isDown } })
  vi.setSystemTime(Date.now() + 31_000)
  const answer = await sendWith(bindings, 'GET', '/health')
  expect(answer.status).toBe(200)
  const { status, snapshotAge } = await json<{ status: string; snapshotAge: number }>(answer)
  expect(status).toBe('degraded')
  expect(snapshotAge).toBeGreaterThanOrEqual(31)
})
