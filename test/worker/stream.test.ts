import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { MAX_PER_ADDRESS } from '../../worker/objects/publisher/subscribers.ts'
import { ADMIN, CLIENT, problem, seedKeys, send } from '../support/api.ts'

beforeAll(seedKeys)

it.each([
  ['/v1/stream', CLIENT],
  ['/api/stream', ADMIN],
])('HEAD %s: returns the headers and opens no stream', async (path, as) => {
  const answer = await send('HEAD', path, { as })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
  expect(answer.body).toBeNull()
})

const from = (address: string) => ({ 'CF-Connecting-IP': address })

it('GET /v1/stream: returns 503 to an address over its limit and a stream to others', async () => {
  const headers = from('2001:db8::1')
  const taken = await runInDurableObject(getPublisher(env), (publisher) =>
    Promise.all(
      Array.from({ length: MAX_PER_ADDRESS }, () =>
        publisher.fetch(new Request('http://publisher/', { headers })),
      ),
    ),
  )
  expect(new Set(taken.map(({ status }) => status))).toEqual(new Set([200]))
  const refused = await problem(
    send('GET', '/v1/stream', { as: CLIENT, headers: from('2001:db8::2') }),
  )
  expect(refused).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
  expect(refused.headers.get('Retry-After')).toBe('30')
  const other = await send('GET', '/v1/stream', { as: CLIENT, headers: from('192.0.2.1') })
  expect(other.status).toBe(200)
  await other.body?.cancel()
  await runInDurableObject(getPublisher(env), async () => {
    for (const { body } of taken) await body?.cancel()
  })
})
