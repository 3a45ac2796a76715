import { afterEach, expect, it, vi } from 'vitest'
import {
  createSubscribers,
  HEARTBEAT_MS,
  MAX_PER_ADDRESS,
  MAX_SUBSCRIBERS,
  MAX_UNREAD,
} from '../../../worker/objects/publisher/subscribers.ts'

/** Streams keep a heartbeat going until all of them are gone. */
const opened: ReadableStream<Uint8Array>[] = []
afterEach(() => Promise.all(opened.splice(0).map((stream) => stream.cancel())))

const open = (
  subscribers: ReturnType<typeof createSubscribers>,
  count: number,
  visitor?: string,
) => {
  for (let i = 0; i < count; i++) opened.push(subscribers.subscribe(1, visitor))
}

/** Reads until the stream sends this version. */
const hears = async (stream: ReadableStream<Uint8Array>, version: number) => {
  const decoder = new TextDecoder()
  for await (const event of stream.values({ preventCancel: true }))
    if (decoder.decode(event).startsWith(`id: ${version}\n`)) return true
  return false
}

it('subscribers: a stream begins with the version and gets heartbeats until its reader leaves', async () => {
  vi.useFakeTimers()
  let version = 7
  const subscribers = createSubscribers(async () => version)
  const reader = subscribers.subscribe(version).getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await next()).toBe(
    'id: 7\nevent: message\ndata: {"type":"refetchEvaluation","etag":"7"}\n\n',
  )
  expect(await next()).toBe('id: 7\nevent: heartbeat\ndata: {}\n\n')
  for (version of [7, 8]) {
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS)
    expect(await next()).toBe(`id: ${version}\nevent: heartbeat\ndata: {}\n\n`)
  }
  await reader.cancel()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

it('subscribers: one address cannot take the streams of others', () => {
  const subscribers = createSubscribers(async () => 0)
  open(subscribers, MAX_PER_ADDRESS, '192.0.2.1')
  expect(subscribers.hasRoomFor('192.0.2.1')).toBe(false)
  expect(subscribers.hasRoomFor('192.0.2.2')).toBe(true)
  expect(subscribers.hasRoomFor(undefined)).toBe(true)
})

it('subscribers: an address may open a stream after it closes one', async () => {
  const subscribers = createSubscribers(async () => 0)
  open(subscribers, MAX_PER_ADDRESS, '192.0.2.1')
  await opened.pop()?.cancel()
  expect(subscribers.hasRoomFor('192.0.2.1')).toBe(true)
})

it('subscribers: unknown addresses share the total limit', () => {
  const subscribers = createSubscribers(async () => 0)
  open(subscribers, MAX_SUBSCRIBERS)
  expect(subscribers.hasRoomFor(undefined)).toBe(false)
  expect(subscribers.hasRoomFor('192.0.2.1')).toBe(false)
})

it('subscribers: closes a stream that is not read; the others get every event', async () => {
  const subscribers = createSubscribers(async () => 0)
  const idle = subscribers.subscribe(0, 'idle')
  const busy = subscribers.subscribe(0, 'busy')
  opened.push(busy)
  for (let version = 1; version <= MAX_UNREAD + 2; version++) {
    subscribers.announce(version)
    expect(await hears(busy, version)).toBe(true)
  }
  await expect(idle.getReader().read()).rejects.toThrow('the client does not read this stream')
})
