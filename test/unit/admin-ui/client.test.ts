import { afterEach, expect, test, vi } from 'vitest'
import { client } from '../../../admin-ui/client.ts'

const sent = vi.fn<typeof fetch>(() => Promise.resolve(Response.json({})))
vi.stubGlobal('fetch', sent)
afterEach(() => sent.mockClear())

test('a route is its path, its parameters escaped, and its query', async () => {
  await client.api.experiments[':key'].metrics.$get({ param: { key: 'a/b ?' }, query: {} })
  expect(sent).toHaveBeenLastCalledWith('/api/experiments/a%2Fb%20%3F/metrics', {
    method: 'GET',
    signal: expect.any(AbortSignal),
    headers: {},
  })
  await client.api.audit.$get({ query: { limit: '5', target: 'flag:a&b' } })
  expect(sent.mock.lastCall?.[0]).toBe('/api/audit?limit=5&target=flag%3Aa%26b')
  await client.health.$get()
  expect(sent.mock.lastCall?.[0]).toBe('/health')
})

test('a body is JSON and says so; headers go along', async () => {
  const key = 'feature.a'
  await client.api.flags[':key'].$patch(
    { param: { key }, json: { rollout: 5 } },
    { headers: { 'If-Match': '"3"' } },
  )
  expect(sent).toHaveBeenLastCalledWith('/api/flags/feature.a', {
    method: 'PATCH',
    signal: expect.any(AbortSignal),
    headers: { 'If-Match': '"3"', 'Content-Type': 'application/json' },
    body: '{"rollout":5}',
  })
})
