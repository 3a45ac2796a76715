import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import {
  ADMIN,
  CLIENT,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
} from '../support/api.ts'

const ROOT = 'root-token'
const KEY = 'payments.enabled'
const COMMENT = 'the provider charges twice'

beforeAll(async () => {
  await seedKeys()
  await putFlag(KEY)
})

const evaluate = () =>
  json<{ flags: Record<string, boolean> }>(
    send('POST', '/v1/flags/evaluate', { as: CLIENT, body: { context: {} } }),
  )

const isolate = { ...env, ADMIN_TOKEN: ROOT }
const attempt = (sent: object, key = KEY) =>
  problem(sendWith(isolate, 'POST', `/api/break-glass/${key}`, { as: ROOT, ...sent }))
const good = { enabled: false, comment: COMMENT }

it.each([
  ['enabled: true', { enabled: true, comment: COMMENT }],
  ['no enabled member', { comment: COMMENT }],
  ['no comment', { enabled: false }],
  ['a blank comment', { enabled: false, comment: '  ' }],
  ['an unknown member', { ...good, rollout: 0 }],
])('POST /api/break-glass: returns 400 for a body with %s', async (_, body) => {
  const before = await recorded()
  expect(await attempt({ body })).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
  expect(await recorded()).toEqual(before)
  expect((await evaluate()).flags[KEY]).toBe(true)
})

it('POST /api/break-glass: returns 404 for a flag that is not published', async () => {
  expect(await attempt({ body: good }, 'no.such')).toMatchObject({ status: 404 })
})

it('POST /api/break-glass: returns 401 when the service has no ADMIN_TOKEN', async () => {
  const sent = { as: ADMIN, body: good }
  expect((await send('POST', `/api/break-glass/${KEY}`, sent)).status).toBe(401)
})

it('POST /api/break-glass: returns 429 over the rate limit, before it checks the secret', async () => {
  const asked: unknown[] = []
  const BREAK_GLASS_LIMIT = {
    limit: async (options: unknown) => {
      asked.push(options)
      return { success: false }
    },
  }
  const headers = { 'CF-Connecting-IP': '192.0.2.1' }
  const sent = { as: 'a guess', body: good, headers }
  const limited = { ...isolate, BREAK_GLASS_LIMIT: BREAK_GLASS_LIMIT as unknown as RateLimit }
  const refusal = await problem(sendWith(limited, 'POST', `/api/break-glass/${KEY}`, sent))
  expect(refusal.status).toBe(429)
  expect(refusal.errorDetails).toContain('break the glass')
  expect(asked).toEqual([{ key: '192.0.2.1' }])
})

it('POST /api/break-glass: accepts the secret while the sign-in limit of its address is exceeded', async () => {
  const SIGN_IN_LIMIT = { limit: async () => ({ success: false }) } as unknown as RateLimit
  const busy = { ...isolate, SIGN_IN_LIMIT }
  const sent = { as: ROOT, body: good, headers: { 'CF-Connecting-IP': '192.0.2.1' } }
  await putFlag('payments.urgent')
  expect((await sendWith(busy, 'POST', '/api/break-glass/payments.urgent', sent)).status).toBe(200)
})

it('POST /api/break-glass: returns 503 when the Publisher cannot be reached', async () => {
  const PUBLISHER = {
    getByName: () => ({ switchOff: () => Promise.reject(new Error('gone')) }),
  } as unknown as typeof env.PUBLISHER
  const refusal = await problem(
    sendWith({ ...isolate, PUBLISHER }, 'POST', `/api/break-glass/${KEY}`, {
      as: ROOT,
      body: good,
    }),
  )
  expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
  expect(refusal.headers.get('Retry-After')).toBe('1')
})
