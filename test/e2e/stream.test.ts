import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { openStream, type OpenStream } from '../support/server-stream.ts'
import { credential } from '../support/server-api.ts'
import { startServer, type Server } from '../support/server.ts'

/*
 * `GET /v1/stream` on the wire: server-sent events in the shape of OFREP's ADR-0008.
 */

type Bulk = { eventStreams: [{ type: string; endpoint: { requestUri: string } }] }
type NewKey = { key: { id: string }; secret: string; snapshotVersion: number }

let server: Server
let opened: OpenStream[]

const open = async (path = '/v1/stream', key?: string, headers: Record<string, string> = {}) => {
  const stream = await openStream(server.url + path, {
    ...headers,
    ...(key && { 'X-API-Key': key }),
  })
  opened.push(stream)
  return stream
}

/** The address of the stream from an OFREP response. */
const getStreamAddress = async (key: string, minVersion = 0) => {
  const path = `/ofrep/v1/evaluate/flags?minVersion=${minVersion}`
  const body = { context: { targetingKey: 'u-1' } }
  const { eventStreams } = await server.ask<Bulk>('POST', path, { as: key, body })
  return eventStreams[0].endpoint.requestUri
}

const edit = async (key: string, rollout: number) =>
  (await server.setFlag(key, { enabled: true, rollout })).snapshotVersion

beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server?.close())
beforeEach(() => {
  opened = []
})
afterEach(() => opened.forEach(({ close }) => close()))

describe('GET /v1/stream', () => {
  it('the first event has the current version, in the shape of OFREP', async () => {
    const version = await edit('first.flag', 1)
    const { response, next } = await open('/v1/stream', credential.client)
    expect(response.headers.get('Content-Type')).toBe('text/event-stream')
    expect(response.headers.get('Cache-Control')).toContain('no-store')
    const { id, event, data } = await next()
    expect({ id, event }).toEqual({ id: String(version), event: 'message' })
    expect(JSON.parse(data ?? '')).toEqual({ type: 'refetchEvaluation', etag: String(version) })
  })

  it('the next event is a named heartbeat of the same version', async () => {
    const { nextOfAny } = await open('/v1/stream', credential.client)
    const { id } = await nextOfAny()
    expect(await nextOfAny()).toEqual({ id, event: 'heartbeat', data: '{}' })
  })

  it('each edit is announced, and a request for that version gets it', async () => {
    const { next } = await open('/v1/stream', credential.client)
    await next()
    for (let round = 0; round < 10; round++) {
      const rollout = round % 2 ? 100 : 0
      const version = await edit('each.flag', rollout)
      expect((await next()).id).toBe(String(version))
      const answer = await server.evaluate({ userId: 'u-1' }, version)
      expect(answer).toMatchObject({ version, flags: { 'each.flag': rollout === 100 } })
    }
  })

  it('many edits at once are announced in rising order, up to the last', async () => {
    const { next, until } = await open('/v1/stream', credential.client)
    await next()
    const versions = await Promise.all(
      Array.from({ length: 20 }, (_, index) => edit(`many.flag_${index}`, 100)),
    )
    const versionsSent = await until(Math.max(...versions))
    expect(versionsSent).toEqual([...new Set(versionsSent)].toSorted((a, b) => a - b))
    const { flags } = await server.evaluate({}, versionsSent.at(-1))
    for (let index = 0; index < 20; index++) expect(flags[`many.flag_${index}`]).toBe(true)
  })

  it('a reader that leaves does not disturb the others', async () => {
    const streams = await Promise.all([1, 2, 3].map(() => open('/v1/stream', credential.server)))
    await Promise.all(streams.map(({ next }) => next()))
    const [leaving, ...staying] = streams
    leaving?.close()
    for (const rollout of [10, 20, 30]) {
      const version = await edit('leave.flag', rollout)
      for (const { next } of staying) expect((await next()).id).toBe(String(version))
    }
  })
})

describe('Access to GET /v1/stream', () => {
  it.each(['client', 'server'] as const)(
    'a %s key opens it, and so does the address from a bundle',
    async (kind) => {
      for (const stream of [
        await open('/v1/stream', credential[kind]),
        await open(await getStreamAddress(credential[kind])),
      ]) {
        expect(stream.response.status).toBe(200)
        expect((await stream.next()).event).toBe('message')
      }
    },
  )

  it.each([
    ['no credential', '/v1/stream', undefined],
    ['a wrong token', '/v1/stream?token=0123456789abcdef0123456789abcdef', undefined],
    ['a wrong token with a valid key', '/v1/stream?token=wrong', 'flags_client_local'],
    ['an empty token', '/v1/stream?token=', undefined],
    ['a key in place of the token', '/v1/stream?token=flags_client_local', undefined],
    ['a wrong key', '/v1/stream', 'flags_client_wrong'],
    ['an admin token', '/v1/stream', 'flags_admin_local'],
  ])('a request with %s answers 401', async (_, path, key) => {
    const { response } = await open(path, key)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ errorCode: 'UNAUTHORIZED' })
  })

  it('the address of a revoked key answers 401', async () => {
    const as = credential.admin
    const body = { name: 'e2e', kind: 'client' }
    const { key, secret, snapshotVersion } = await server.ask<NewKey>('POST', '/api/keys', {
      as,
      body,
    })
    const address = await getStreamAddress(secret, snapshotVersion)
    const { response } = await open(address)
    expect(response.status).toBe(200)
    const revoked = await server.ask<NewKey>('DELETE', `/api/keys/${key.id}`, { as, body: {} })
    await server.evaluate({}, revoked.snapshotVersion)
    expect((await open(address)).response.status).toBe(401)
    expect((await open('/v1/stream', secret)).response.status).toBe(401)
    expect((await open('/v1/stream', credential.client)).response.status).toBe(200)
  })

  it('a page of another origin reads the answer, refusals included', async () => {
    const origin = { Origin: 'https://shop.example' }
    for (const key of [credential.client, 'flags_client_wrong']) {
      const { response } = await open('/v1/stream', key, origin)
      expect(response.headers.get('Access-Control-Allow-Origin')).toBe('*')
    }
  })
})
