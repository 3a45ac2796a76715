import { beforeAll, describe, expect, it } from 'vitest'
import { hashSecret } from '../../worker/lib/secret.ts'
import { ADMIN, CLIENT, json, problem, putFlag, seedKeys, send, SERVER } from '../support/api.ts'

/*
 * OFREP 0.3.0, POST /ofrep/v1/evaluate/flags, as it goes over the wire.
 * https://github.com/open-feature/protocol/blob/main/service/openapi.yaml
 */

type Bulk = {
  readonly flags: readonly { readonly key: string; readonly value?: boolean }[]
  readonly eventStreams: readonly { readonly endpoint: { readonly requestUri: string } }[]
}

type Asked = { readonly query?: string; readonly ifNoneMatch?: string; readonly as?: string }

const ask = (context: object, { query = '', ifNoneMatch, as = CLIENT }: Asked = {}) =>
  send('POST', `/ofrep/v1/evaluate/flags${query}`, {
    as,
    body: { context },
    headers: ifNoneMatch === undefined ? {} : { 'If-None-Match': ifNoneMatch },
  })
const readEtag = (answer: Response) => answer.headers.get('ETag') ?? ''
const patch = async (key: string, body: object): Promise<number> =>
  (await json<{ snapshotVersion: number }>(send('PATCH', `/api/flags/${key}`, { as: ADMIN, body })))
    .snapshotVersion
const fresh = async () => ({ query: `?minVersion=${await patch('on', {})}` })

beforeAll(async () => {
  await seedKeys()
  await putFlag('disabled', { enabled: false })
  await putFlag('guests', { rules: { roles: ['GUEST'] } })
  await putFlag('half', { rollout: 50 })
  const { snapshotVersion } = await putFlag('on')
  await ask({}, { query: `?minVersion=${snapshotVersion}` })
})

describe('OFREP bulk evaluation', () => {
  it('each flag has value, variant and reason, a disabled one too', async () => {
    const answer = await ask({ targetingKey: 'u-1', role: 'GUEST' })
    expect(answer.status).toBe(200)
    expect((await json<Bulk>(answer)).flags).toEqual([
      { key: 'disabled', value: false, variant: 'off', reason: 'DISABLED' },
      { key: 'guests', value: true, variant: 'on', reason: 'TARGETING_MATCH' },
      { key: 'half', value: true, variant: 'on', reason: 'SPLIT' },
      { key: 'on', value: true, variant: 'on', reason: 'STATIC' },
    ])
  })

  it('a split flag without a targeting key fails, and the others are answered', async () => {
    const { flags } = await json<Bulk>(ask({}))
    expect(flags).toHaveLength(4)
    expect(flags).toContainEqual({
      key: 'half',
      errorCode: 'TARGETING_KEY_MISSING',
      errorDetails: expect.stringContaining('targetingKey'),
    })
  })

  it('the answer names a stream, whose address shows neither the key nor its hash', async () => {
    const [mine, theirs] = await Promise.all([
      json<Bulk>(ask({})),
      json<Bulk>(ask({}, { as: SERVER })),
    ])
    expect(mine.eventStreams).toEqual([
      {
        type: 'sse',
        endpoint: { requestUri: expect.stringMatching(/^\/v1\/stream\?token=[0-9a-f]{32}$/) },
        inactivityDelaySec: 120,
      },
    ])
    const uri = mine.eventStreams[0]?.endpoint.requestUri ?? ''
    const token = uri.split('=')[1] ?? ''
    expect(uri).not.toContain(CLIENT)
    expect(hashSecret(CLIENT)).not.toContain(token)
    expect(theirs.eventStreams[0]?.endpoint.requestUri).not.toBe(uri)
  })

  it('the headers name the snapshot and forbid caching', async () => {
    const { headers } = await ask({})
    expect(headers.get('X-Snapshot-Version')).toMatch(/^\d+$/)
    expect(headers.get('X-Snapshot-Age')).toMatch(/^\d+$/)
    expect(headers.get('Cache-Control')).toBe('private, no-store')
    expect(headers.get('Content-Type')).toBe('application/json')
  })

  it('a request without a key answers 401, and the body names no flag', async () => {
    const bad = send('POST', '/ofrep/v1/evaluate/flags', { as: CLIENT, body: { context: 1 } })
    const refusal = await problem(bad)
    expect(refusal).toMatchObject({ status: 400, errorCode: 'INVALID_CONTEXT' })
    expect(refusal).not.toHaveProperty('key')
  })
})

describe('The ETag of OFREP bulk evaluation', () => {
  it('an equal answer is a 304 without a body', async () => {
    const first = await ask({ targetingKey: 'u-1' })
    const second = await ask({ targetingKey: 'u-1' }, { ifNoneMatch: readEtag(first) })
    expect(second.status).toBe(304)
    expect(await second.text()).toBe('')
    expect(readEtag(second)).toBe(readEtag(first))
    expect(second.headers.get('X-Snapshot-Version')).toMatch(/^\d+$/)
  })

  it.each([
    ['as a weak ETag', (etag: string) => `W/${etag}`],
    ['among other ETags', (etag: string) => `"other", ${etag} , "another"`],
    ['in the form *', () => '*'],
  ])('the ETag counts %s', async (_, spelled) => {
    const etag = readEtag(await ask({}))
    expect((await ask({}, { ifNoneMatch: spelled(etag) })).status).toBe(304)
  })

  it.each(['"other"', '', 'x', '"', ',', ',,"a'])(
    'the ETag does not match %j',
    async (ifNoneMatch) => {
      expect((await ask({}, { ifNoneMatch })).status).toBe(200)
    },
  )

  it('the ETag is strong and quoted, and differs from the version', async () => {
    const answer = await ask({})
    expect(readEtag(answer)).toMatch(/^"[0-9a-f]{32}"$/)
    const version = answer.headers.get('X-Snapshot-Version')
    expect((await ask({}, { ifNoneMatch: `"${version}"` })).status).toBe(200)
  })

  it('two contexts with different answers at one version have different ETags', async () => {
    const [guest, admin] = [await ask({ role: 'GUEST' }), await ask({ role: 'ADMIN' })]
    expect(guest.headers.get('X-Snapshot-Version')).toBe(admin.headers.get('X-Snapshot-Version'))
    expect(readEtag(guest)).not.toBe(readEtag(admin))
    const next = await ask({ role: 'ADMIN' }, { ifNoneMatch: readEtag(guest) })
    expect(next.status).toBe(200)
    expect((await json<Bulk>(next)).flags).toEqual((await json<Bulk>(admin)).flags)
  })

  it('two keys have different ETags, since their streams differ', async () => {
    const client = await ask({ role: 'ADMIN' }, { as: CLIENT })
    const next = await ask({ role: 'ADMIN' }, { as: SERVER, ifNoneMatch: readEtag(client) })
    expect(next.status).toBe(200)
    expect((await json<Bulk>(next)).eventStreams).not.toEqual(
      (await json<Bulk>(client)).eventStreams,
    )
  })

  it('two contexts with equal answers have equal ETags', async () => {
    const [one, other] = [await ask({ city: 'Mumbai' }), await ask({ city: 'Delhi' })]
    expect(readEtag(one)).toBe(readEtag(other))
  })

  it('a version that changes no answer keeps the ETag', async () => {
    const before = await ask({ role: 'ADMIN' }, await fresh())
    const version = await patch('disabled', { rollout: 7 })
    const after = await ask(
      { role: 'ADMIN' },
      { query: `?minVersion=${version}`, ifNoneMatch: readEtag(before) },
    )
    expect(after.status).toBe(304)
    expect(after.headers.get('X-Snapshot-Version')).toBe(String(version))
    expect(before.headers.get('X-Snapshot-Version')).not.toBe(String(version))
  })

  it('a version that changes an answer changes the ETag', async () => {
    const before = await ask({}, await fresh())
    const version = await patch('on', { enabled: false })
    const query = `?minVersion=${version}`
    expect((await ask({}, { query, ifNoneMatch: readEtag(before) })).status).toBe(200)
    await patch('on', { enabled: true })
    const again = await ask({}, { query: `?minVersion=${version + 1}` })
    expect(readEtag(again)).toBe(readEtag(before))
  })
})

describe('flagConfigEtag', () => {
  it.each([
    ['given as in an event', (version: number) => String(version)],
    ['given in quotes', (version: number) => `"${version}"`],
    ['given as a weak ETag', (version: number) => `W/"${version}"`],
  ])('the answer has at least the named version, %s', async (_, spelled) => {
    await putFlag('hinted')
    await ask({}, await fresh())
    const version = await patch('hinted', { enabled: false })
    const query = `?flagConfigEtag=${encodeURIComponent(spelled(version))}`
    const answer = await ask({}, { query })
    expect(answer.headers.get('X-Snapshot-Version')).toBe(String(version))
    expect((await json<Bulk>(answer)).flags).toContainEqual(
      expect.objectContaining({ key: 'hinted', value: false }),
    )
  })

  it('the parameter is no validator: the current version still gets a full answer', async () => {
    const held = (await ask({})).headers.get('X-Snapshot-Version')
    const answer = await ask({}, { query: `?flagConfigEtag=${held}` })
    expect(answer.status).toBe(200)
    expect((await json<Bulk>(answer)).flags).not.toHaveLength(0)
  })

  it('a changed context gets its answer although the version is the newest', async () => {
    const guest = await ask({ role: 'GUEST' })
    const held = guest.headers.get('X-Snapshot-Version')
    const query = `?flagConfigEtag=${held}`
    expect((await ask({ role: 'ADMIN' }, { query, ifNoneMatch: readEtag(guest) })).status).toBe(200)
  })

  it.each(['none', '', '-1', '1e99', '%22%22', '99999'])(
    'an invalid value is ignored: %s',
    async (etag) => {
      expect((await ask({}, { query: `?flagConfigEtag=${etag}` })).status).toBe(200)
    },
  )
})
