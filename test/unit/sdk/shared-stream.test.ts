import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  neverAnswers,
  stubEventSource,
  stubPage,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)
let stream: ReturnType<typeof stubEventSource>
beforeEach(() => {
  stream = stubEventSource()
  stubPage()
})

const open = async (key: string) => {
  const flags = createTestClient(service, { key, stream: stream.EventSource, storage: null })
  flags.subscribe(ANNA, () => {})
  await wait(0)
  return flags
}

describe('Stream of several clients in one page', () => {
  it('opens once, brings changes to all, and closes with the last client', async () => {
    const clients = [await open('one'), await open('two'), await open('three')]
    expect(stream.opened).toHaveLength(1)
    service.answers.bundle = () => answerJson({ ...BUNDLE, version: 8, flags: { on: false } })
    stream.opened[0]?.announce(8)
    await wait(0)
    for (const flags of clients) expect(flags.peek(ANNA)?.flags).toEqual({ on: false })
    await clients[0]?.close()
    await clients[1]?.close()
    expect(stream.open()).toHaveLength(1)
    await clients[2]?.close()
    expect(stream.open()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('opens with the address of another client after a failure', async () => {
    service.answers.bundle = ({ headers }) =>
      answerJson({ ...BUNDLE, stream: `/v1/stream?token=${headers.get('Authorization')}` })
    const clients = [await open('revoked'), await open('valid')]
    expect(stream.opened[0]?.url).toContain('revoked')
    stream.opened[0]?.fail()
    await wait(1_000)
    expect(stream.opened[1]?.url).toContain('valid')
    for (const flags of clients) await flags.close()
  })

  it('closes for 30 s when tabs cannot share and a request waits for half of its timeout', async () => {
    const flags = await open('one')
    service.answers.bundle = neverAnswers
    void flags.getFlag({ userId: 'bert' }, 'on')
    await wait(999)
    expect(stream.open()).toHaveLength(1)
    await wait(1)
    expect(stream.open()).toEqual([])
    service.answers.bundle = () => answerJson(BUNDLE)
    await wait(31_000)
    expect(stream.open()).toHaveLength(1)
    await flags.close()
  })

  it('counts a class that throws as a failure', async () => {
    const Broken = vi.fn<() => void>(function () {
      throw new Error('blocked')
    })
    const flags = createTestClient(service, { stream: Broken as never, storage: null })
    expect(await flags.getFlag(ANNA, 'on')).toBe(true)
    await wait(60_000)
    expect(Broken.mock.calls.length).toBeGreaterThan(2)
    expect(Broken.mock.calls.length).toBeLessThan(12)
    await flags.close()
  })
})
