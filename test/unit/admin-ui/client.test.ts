import { afterEach, describe, expect, it, vi } from 'vitest'
import { client, encodeParams } from '../../../admin-ui/client.ts'

const sent = vi.fn<typeof fetch>(() => Promise.resolve(Response.json({})))
vi.stubGlobal('fetch', sent)
afterEach(() => sent.mockClear())

/** The last request, as the server would read it. */
const lastRequest = () => {
  const [input, init] = sent.mock.lastCall ?? []
  if (typeof input !== 'string') throw new Error('nothing was sent')
  return new Request(new URL(input, 'http://test'), init)
}

const getPath = ({ url }: Request) => url.slice('http://test'.length)

describe('client', () => {
  it('puts encoded parameters into the path of a route', async () => {
    const param = encodeParams({ key: 'a/b ?' })
    await client.api.experiments[':key'].metrics.$get({ param, query: {} })
    expect(getPath(lastRequest())).toBe('/api/experiments/a%2Fb%20%3F/metrics')
    expect(lastRequest().method).toBe('GET')
  })

  it('escapes values of the query', async () => {
    await client.api.audit.$get({ query: { limit: '5', target: 'flag:a&b' } })
    expect(getPath(lastRequest())).toBe('/api/audit?limit=5&target=flag%3Aa%26b')
  })

  it('reaches a route outside of /api', async () => {
    await client.health.$get()
    expect(getPath(lastRequest())).toBe('/health')
  })

  it('gives every request a timeout', async () => {
    await client.health.$get()
    expect(sent.mock.lastCall?.[1]?.signal).toBeInstanceOf(AbortSignal)
  })

  it('sends a body as JSON, with the headers of the call', async () => {
    await client.api.flags[':key'].$patch(
      { param: encodeParams({ key: 'feature.a' }), json: { rollout: 5 } },
      { headers: { 'If-Match': '"3"' } },
    )
    const request = lastRequest()
    expect([request.method, getPath(request)]).toEqual(['PATCH', '/api/flags/feature.a'])
    expect(request.headers.get('If-Match')).toBe('"3"')
    expect(request.headers.get('Content-Type')).toBe('application/json')
    expect(await request.text()).toBe('{"rollout":5}')
  })
})
