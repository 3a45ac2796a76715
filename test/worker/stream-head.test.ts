import { beforeAll, expect, it } from 'vitest'
import { ADMIN, CLIENT, seedKeys, send } from '../support/api.ts'

beforeAll(seedKeys)

it.each([
  ['/v1/stream', CLIENT],
  ['/api/stream', ADMIN],
])('HEAD %s answers with the headers, and opens no stream', async (path, as) => {
  const answer = await send('HEAD', path, { as })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Content-Type')).toBe('text/event-stream')
  expect(answer.body).toBeNull()
})
