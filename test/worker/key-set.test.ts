import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_KEYS } from '../../schema/limits.ts'
import { getKeySet } from '../../worker/middleware/key-set.ts'
import { problem, putFlag, seedKeys, sendWith, watchConsole } from '../support/api.ts'
import {
  clientKey,
  createKeyPair,
  provider,
  signing,
  standInForProvider,
  tokenBy,
  type Pair,
} from '../support/user-tokens.ts'

const logged = watchConsole()

let ours: Pair
let next: Pair

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  ours = await createKeyPair('ours')
  next = await createKeyPair('next')
})
standInForProvider(() => [ours.jwk])

/** The clock stands: how often a provider is asked is a matter of time. */
beforeEach(() => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() }))
afterEach(() => vi.useRealTimers())
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

const keyOfProvider = () => clientKey({ userToken: { jwksUrl: provider.url } })
type Key = Awaited<ReturnType<typeof keyOfProvider>>

const ask = async ({ secret, version }: Key, by: Pair, header: object = {}) =>
  sendWith(signing(), 'POST', `/v1/flags/evaluate?minVersion=${version}`, {
    as: secret,
    body: { context: {} },
    headers: { 'X-User-Token': await tokenBy(by, { exp: Date.now() }, header) },
  })
const readStatus = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status

const failures: [string, () => Response | Promise<Response>][] = [
  ['are refused', () => new Response('down', { status: 502 })],
  ['cannot be reached', () => Promise.reject(new TypeError('connection refused'))],
  ['redirect elsewhere', () => Response.redirect('https://elsewhere.test/keys')],
  ['are not JSON', () => new Response('<html>')],
  ['are not keys', () => Response.json({ keys: 'none' })],
  ['are empty', () => new Response('')],
  ['never end', () => new Response(endless())],
]
const endless = () => {
  const chunk = new TextEncoder().encode(' '.repeat(65_536))
  return new ReadableStream({ pull: (controller) => controller.enqueue(chunk) })
}

describe('Key set', () => {
  it('tokens that arrive together fetch the keys once', async () => {
    const key = await keyOfProvider()
    const statuses = await Promise.all(Array.from({ length: 20 }, () => readStatus(key, ours)))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(provider.asked).toBe(1)
    pass(599)
    expect(await readStatus(key, ours)).toBe(200)
    expect(provider.asked).toBe(1)
  })

  it('two evaluation keys with one address fetch the keys once', async () => {
    for (const key of [await keyOfProvider(), await keyOfProvider()])
      expect(await readStatus(key, ours)).toBe(200)
    expect(provider.asked).toBe(1)
  })

  it('the keys are read at the configured address, and a redirect is not followed', async () => {
    await ask(await keyOfProvider(), ours)
    expect(provider.redirect).toBe('manual')
  })

  it('a new key is fetched when a token names it', async () => {
    const key = await keyOfProvider()
    expect(await readStatus(key, ours)).toBe(200)
    provider.keys = [next.jwk, ours.jwk]
    pass(30)
    for (const by of [next, ours, next]) expect(await readStatus(key, by)).toBe(200)
    expect(provider.asked).toBe(2)
  })

  it('a withdrawn key is refused after ten minutes, from the second token on', async () => {
    const key = await keyOfProvider()
    expect(await readStatus(key, ours)).toBe(200)
    provider.keys = [next.jwk]
    pass(600)
    expect(await readStatus(key, ours)).toBe(200)
    expect(await readStatus(key, ours)).toBe(401)
  })

  it('invented key ids fetch the keys once in half a minute', async () => {
    const key = await keyOfProvider()
    const flood = () =>
      Promise.all(
        Array.from({ length: 50 }, (_, i) => readStatus(key, ours, { kid: `made up ${i}` })),
      )
    expect(new Set(await flood())).toEqual(new Set([401]))
    expect(provider.asked).toBe(1)
    pass(29)
    await flood()
    expect(provider.asked).toBe(1)
    pass(1)
    await flood()
    expect(provider.asked).toBe(2)
    expect(await readStatus(key, ours)).toBe(200)
  })

  it('the cache holds as many addresses as there can be evaluation keys', () => {
    const addresses = Array.from({ length: MAX_KEYS }, (_, i) => `https://idp-${i}.test/keys`)
    const held = addresses.map(getKeySet)
    expect(addresses.map(getKeySet).every((keys, i) => keys === held[i])).toBe(true)
  })

  it('a token needs no kid when there is one key, and needs one when there are two', async () => {
    const key = await keyOfProvider()
    const nameless = { kid: undefined }
    expect(await readStatus(key, ours, nameless)).toBe(200)
    provider.keys = [ours.jwk, next.jwk]
    pass(600)
    await ask(key, ours)
    expect(await readStatus(key, ours, nameless)).toBe(401)
  })

  it.each(['enc', 'unknown'])('a key for another use is ignored: %s', async (use) => {
    provider.keys = [{ ...ours.jwk, use }]
    expect(await readStatus(await keyOfProvider(), ours)).toBe(401)
  })

  it.each([
    ['is no number', { n: '!' }],
    ['is too short', { n: 'AQAB' }],
    ['is missing', { n: undefined }],
  ])('a token that names a key whose modulus %s gets 503', async (_, over) => {
    provider.keys = [Object.assign({}, ours.jwk, over), next.jwk]
    const key = await keyOfProvider()
    expect(await readStatus(key, ours)).toBe(503)
    expect(await readStatus(key, next)).toBe(200)
  })
})

describe.each(failures)('Key set, when the keys %s', (_, answer) => {
  it('a token gets 503, not 401, when no keys were ever fetched', async () => {
    const key = await keyOfProvider()
    provider.answer = answer
    const refusal = await problem(ask(key, ours))
    expect(refusal).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    expect(refusal.headers.get('Retry-After')).toBe('1')
    expect(JSON.stringify(logged)).toContain(provider.url)
  })

  it('the provider is called again after five seconds, not at every request', async () => {
    const key = await keyOfProvider()
    provider.answer = answer
    for (let i = 0; i < 10; i++) expect(await readStatus(key, ours)).toBe(503)
    expect(provider.asked).toBe(1)
    provider.answer = undefined
    pass(4)
    expect(await readStatus(key, ours)).toBe(503)
    pass(1)
    expect(await readStatus(key, ours)).toBe(200)
    expect(provider.asked).toBe(2)
  })

  it('the fetched keys stay good, and a token with an unknown kid gets 503', async () => {
    const key = await keyOfProvider()
    expect(await readStatus(key, ours)).toBe(200)
    provider.answer = answer
    pass(24 * 3_600)
    for (let i = 0; i < 5; i++) expect(await readStatus(key, ours)).toBe(200)
    expect(provider.asked).toBe(2)
    expect(await readStatus(key, next)).toBe(503)
    provider.answer = undefined
    provider.keys = [next.jwk]
    pass(5)
    expect(await readStatus(key, next)).toBe(200)
    expect(await readStatus(key, ours)).toBe(401)
  })
})

it('Key set: a provider that never answers is called once and abandoned', async () => {
  const key = await keyOfProvider()
  const realTimeout = globalThis.setTimeout
  const expireAtOnce = (expire: () => void) => realTimeout(expire, 0)
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(expireAtOnce)
  provider.answer = () => new Promise(() => {})
  const token = await tokenBy(ours, { exp: Date.now() })
  const { app } = await import('../../worker/app.ts')
  const { createRequest } = await import('../support/api.ts')
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} }
  const hanging = async () => {
    const path = `/v1/flags/evaluate?minVersion=${key.version}`
    const headers = { 'X-User-Token': token }
    const request = createRequest('POST', path, { as: key.secret, body: { context: {} }, headers })
    return (await app.fetch(request, signing(), context)).status
  }
  expect(await hanging()).toBe(503)
  expect(await hanging()).toBe(503)
  expect(provider.asked).toBe(1)
  vi.mocked(globalThis.setTimeout).mockRestore()
  provider.answer = undefined
  pass(5)
  expect(await hanging()).toBe(200)
})
