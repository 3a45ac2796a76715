import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { app } from '../../worker/app.ts'
import { ADMIN_DEADLINE_MS } from '../../worker/middleware/deadline.ts'
import {
  ADMIN,
  readAudit,
  CLIENT,
  json,
  problem,
  putFlag,
  createRequest,
  seedKeys,
  send,
  sendWith,
  watchConsole,
} from '../support/api.ts'
import { expireAtOnce, until } from '../support/experiments.ts'
import { lyingD1 } from '../support/faults.ts'

const logged = watchConsole()
beforeAll(seedKeys)

const withHanging = () => {
  const { d1, control } = lyingD1(env.DB)
  return { control, isolate: { ...env, DB: d1, ADMIN_TOKEN: 'root' } }
}

it.each([
  ['GET', '/api/flags', undefined],
  ['PATCH', '/api/flags/any', { enabled: false }],
  ['POST', '/api/import', { format: 'indietix-flags', version: 1, flags: [] }],
])('Deadline: %s %s answers 503 when D1 never answers', async (method, path, body) => {
  const { control, isolate } = withHanging()
  control.mode = 'silent'
  expireAtOnce(ADMIN_DEADLINE_MS)
  logged.length = 0
  const headers = { 'X-Request-Id': 'late-1' }
  const request = createRequest(method, path, { as: 'root', body, headers })
  const refusal = await problem(app.fetch(request, isolate, createExecutionContext()))
  expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
  expect(refusal.headers.get('Retry-After')).toBe('1')
  expect(refusal.errorDetails).toContain('may be done or not')
  const route = expect.stringMatching(`^${method} /api/`)
  const late = { event: 'request.late', requestId: 'late-1', route, seconds: 25 }
  expect(logged.flat()).toContainEqual(late)
})

it('Deadline: an edit that D1 commits after the answer applies once, and a retry with If-Match finds it', async () => {
  await putFlag('slow.edit')
  const { control, isolate } = withHanging()
  control.beforeBatch = async () => void (control.mode = 'held')
  expireAtOnce(ADMIN_DEADLINE_MS)
  const sent = { as: ADMIN, body: { enabled: false }, headers: { 'If-Match': '"1"' } }
  const edit = createRequest('PATCH', '/api/flags/slow.edit', { ...sent, as: 'root' })
  const answer = app.fetch(edit, isolate, createExecutionContext())
  expect((await problem(answer)).status).toBe(503)
  await until(() => control.held.length > 0)
  control.held.forEach((letGo) => letGo())
  await until(async () => (await readAudit('flag:slow.edit')).length === 2)
  expect((await send('PATCH', '/api/flags/slow.edit', sent)).status).toBe(412)
  const body = { context: {}, keys: ['slow.edit'] }
  await until(async () => {
    const seen = sendWith({ ...env }, 'POST', '/v1/flags/evaluate', { as: CLIENT, body })
    const { flags } = await json<{ flags: Record<string, boolean> }>(seen)
    return flags['slow.edit'] === false
  })
})
