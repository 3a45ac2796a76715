import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { getSnapshotReader } from '../../worker/snapshot/isolate-reader.ts'
import { ADMIN, CLIENT, json, send, sendWith } from '../support/api.ts'
import { calls } from '../support/calls.ts'
import { listOperations, readDocument, createValidator, type Document } from '../support/openapi.ts'
import { findAddress, prepareCalls } from '../support/prepare-calls.ts'

/* What is documented of a request is what is read of it, and what is not documented is not read. */

const read: { document?: Document } = {}
beforeAll(async () => {
  await prepareCalls()
  read.document = await readDocument()
})

const operationOf = (id: string) => {
  const operation =
    read.document && listOperations(read.document).find((one) => one.operationId === id)
  if (!operation) throw new Error(`${id} is not documented`)
  return operation
}

const parameterOf = (id: string, name: string) =>
  operationOf(id).parameters.find((parameter) => parameter.name === name)

/** One call for each operation; a second one may find another state, and be refused for that. */
const right = calls.filter(
  ([id, status], index) =>
    status < 300 && calls.findIndex(([other, s]) => other === id && s < 300) === index,
)

const readStatus = async (answer: Promise<Response>) => {
  const { status, body } = await answer
  await body?.cancel()
  return status
}

describe.each(right)('%s', (id, _, method, path, sent) => {
  const withHeader = async (name: string, value: string) =>
    readStatus(
      send(method, await findAddress(id, path), {
        ...sent,
        headers: { ...sent.headers, [name]: value },
      }),
    )

  it('the route reads `If-Match` exactly when documented', async () => {
    const isRead = (await withHeader('If-Match', 'newest')) === 400
    expect(parameterOf(id, 'If-Match') !== undefined).toBe(isRead)
  })

  it('the route reads `If-None-Match` exactly when documented: `*`, or an ETag', async () => {
    const schema = parameterOf(id, 'If-None-Match')?.schema
    const takesOnlyAny = (await withHeader('If-None-Match', 'newest')) === 400
    const answersNotChanged = (await withHeader('If-None-Match', '*')) === 304
    expect([schema?.const === '*', schema !== undefined && schema.const === undefined]).toEqual([
      takesOnlyAny,
      answersNotChanged,
    ])
  })

  it.each(['minVersion', 'flagConfigEtag'])(
    'the route reads `%s` exactly when documented',
    async (name) => {
      const version = 987_654
      const verified = vi.spyOn(getSnapshotReader(env), 'verified')
      const address = `${await findAddress(id, path)}?${name}=${version}`
      await readStatus(sendWith(env, method, address, sent))
      const isRead = verified.mock.calls.some(([asked]) => asked === version)
      verified.mockRestore()
      const isOfThisProtocol = name === 'minVersion' || operationOf(id).path.startsWith('/ofrep')
      expect(parameterOf(id, name) !== undefined).toBe(isRead && isOfThisProtocol)
    },
  )

  it('the route needs a body exactly when documented', async () => {
    const { body: _body, ...without } = sent
    const isRefused = (await readStatus(send(method, await findAddress(id, path), without))) === 400
    expect(operationOf(id).requestBody?.required ?? false).toBe(isRefused)
  })
})

const withCredential = right.filter(([, , , , { as }]) => as !== undefined)

describe.each(withCredential)('%s', (id, _, method, path, sent) => {
  it('the route accepts exactly the documented credentials', async () => {
    const login = { body: { token: ADMIN }, headers: { Origin: 'https://flags.test' } }
    const { headers } = await send('POST', '/api/session', login)
    const [cookie = ''] = (headers.get('Set-Cookie') ?? '').split(';')
    const { as = '', ...rest } = sent
    const presented: Record<string, Record<string, string>> = {
      bearer: { Authorization: `Bearer ${as}` },
      apiKey: { 'X-API-Key': as },
      session: { Cookie: cookie, Origin: 'https://flags.test' },
    }
    const schemes = operationOf(id).security.flatMap(Object.keys)
    for (const [scheme, credential] of Object.entries(presented)) {
      const answer = send(method, await findAddress(id, path), {
        ...rest,
        headers: { ...rest.headers, ...credential },
      })
      expect((await readStatus(answer)) !== 401).toBe(schemes.includes(scheme))
    }
    expect(schemes.includes('access')).toBe(schemes.includes('session'))
    expect(read.document?.components.securitySchemes.session?.name).toBe(cookie.split('=')[0])
  })
})

it('The token from a bundle: it opens the stream and nothing else', async () => {
  const bundle = send('POST', '/v1/bundle', { as: CLIENT, body: { context: {} } })
  const { stream } = await json<{ stream: string }>(bundle)
  const { search } = new URL(stream, 'https://flags.test')
  const name = read.document?.components.securitySchemes.streamToken?.name
  expect([...new URLSearchParams(search).keys()]).toEqual([name])
  for (const [id, , method, path, { as: _as, ...sent }] of withCredential) {
    const schemes = operationOf(id).security.flatMap(Object.keys)
    const status = await readStatus(send(method, (await findAddress(id, path)) + search, sent))
    expect(status !== 401).toBe(schemes.includes('streamToken'))
  }
})

describe('Items of a batch', () => {
  const exposure = { id: '1', experimentKey: 'running', userId: 'u', variant: 'A' }
  const event = { id: '1', type: 'booking.confirmed', userId: 'u' }
  const wrong = [
    { userId: true },
    { sentAt: 'soon' },
    { userId: undefined },
    { ts: 'yesterday' },
    { ts: 1.5 },
  ]
  it.each([
    ['exposures.log', 'exposures', 'Exposure', exposure, [...wrong, { variant: null }]],
    ['events.log', 'events', 'Event', event, [...wrong, { type: 'Not A Type' }]],
  ])('%s checks an item as it documents it', async (id, name, component, item, mistakes) => {
    const { document } = read
    const { path, requestBody } = operationOf(id)
    const schema = requestBody?.content['application/json'].schema
    if (!document || !schema) throw new Error(`${id} documents no body`)
    expect(JSON.stringify(schema)).toContain(`"#/components/schemas/${component}"`)
    const validator = createValidator(document, schema)
    for (const change of [{}, { ts: 1_700_000_000_000 }, { userId: 5 }, ...mistakes]) {
      const body = JSON.parse(JSON.stringify({ [name]: [{ ...item, ...change }] }))
      const answer = await json<{ rejected: { errorCode: string }[] }>(
        send('POST', path, { as: CLIENT, body }),
      )
      const isRight = !answer.rejected.some(({ errorCode }) => errorCode === 'INVALID_REQUEST')
      expect(validator.safeParse(body).success).toBe(isRight)
      expect(isRight).toBe(!mistakes.includes(change as never))
    }
  })
})
