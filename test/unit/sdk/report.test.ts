import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest'
import type { FlagsOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  createTestClient,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
let warn: MockInstance<typeof console.warn>

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => warn.mockRestore())

const getWarnings = () => warn.mock.calls.map(([text]) => String(text))

const readTwice = async (options: Partial<FlagsOptions>, context: unknown = ANNA) => {
  const onError = vi.fn<(error: unknown) => void>()
  const flags = createTestClient(service, { onError, ...options })
  for (let round = 0; round < 2; round++) {
    const read = flags.getFlag(context as never, 'on', true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await read).toBe(true)
  }
  return onError
}

describe('Client warnings', () => {
  it.each([
    ['no url', { url: '' }, 'set `url` and `key`'],
    ['no key', { key: '' }, 'set `url` and `key`'],
    ['a url without a scheme', { url: 'flags.example' }, 'must begin with https://'],
    ['a url of another scheme', { url: 'ftp://flags.example' }, 'must begin with https://'],
    ['a relative url outside of a page', { url: '/flags' }, 'must begin with https://'],
  ])('%s gives one warning and sends no request', async (_, options, text) => {
    const onError = await readTwice(options)
    expect(getWarnings()).toEqual([expect.stringContaining(text)])
    expect(onError).toHaveBeenCalledTimes(2)
    expect(service.requests).toEqual([])
  })

  it('a wrong key gives one warning that says what to do', async () => {
    service.answers.bundle = () => answerJson({ errorCode: 'UNAUTHORIZED' }, 401)
    const onError = await readTwice({})
    expect(getWarnings()).toEqual([expect.stringMatching(/401.*Check `key`/)])
    expect(onError.mock.calls.length).toBeGreaterThanOrEqual(2)
  })

  it('a context that the service refuses gives one warning with the reason', async () => {
    const issues = [{ path: 'context.categories', message: 'too many' }]
    service.answers.bundle = () => answerJson({ errorCode: 'INVALID_REQUEST', issues }, 400)
    const categories = Array.from({ length: 101 }, (_, index) => `c${index}`)
    await readTwice({}, { userId: 'x'.repeat(257), categories })
    expect(getWarnings()).toEqual([expect.stringContaining('context.categories: too many')])
    expect(getWarnings()[0]).not.toContain('xxx')
  })

  it('a url of another service gives one warning', async () => {
    service.answers.bundle = () => new Response('no such page', { status: 404 })
    await readTwice({})
    expect(getWarnings()).toEqual([expect.stringContaining('Check `url`')])
  })

  it('an unknown experiment does not blame the url', async () => {
    service.answers.assign = () => answerJson({ errorCode: 'FLAG_NOT_FOUND' }, 404)
    const flags = createTestClient(service)
    await flags.assignVariant(ANNA, 'nope')
    expect(getWarnings()).toEqual([])
  })

  it('a service that is away gives no warning, and onError gets each failure', async () => {
    service.answers.bundle = unreachable
    const onError = await readTwice({})
    expect(getWarnings()).toEqual([])
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: 'fetch failed' }))
  })

  it('onError gets the failures of exposures too', async () => {
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createTestClient(service, { onError })
    service.answers.batch = () => answerJson({}, 401)
    flags.track(ANNA, 'event.viewed')
    await flags.flush()
    expect(onError).toHaveBeenCalledOnce()
    expect(getWarnings()).toEqual([expect.stringContaining('Check `key`')])
  })

  it('a path of the own origin is a url in a page', async () => {
    const { stubPage } = await import('../../support/flags-service.ts')
    stubPage()
    const urls: string[] = []
    const flags = createTestClient(service, {
      url: '/flags',
      storage: null,
      fetch: async (url) => {
        if (typeof url === 'string') urls.push(url)
        return answerJson({})
      },
    })
    await flags.getFlag(ANNA, 'on')
    expect(urls).toEqual(['/flags/v1/bundle?minVersion=0'])
    expect(getWarnings()).toEqual([])
    await flags.close()
  })
})
