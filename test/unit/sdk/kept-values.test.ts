import { expect, it, vi } from 'vitest'
import {
  answerJson,
  BUNDLE,
  createTestClient,
  memoryStorage,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()

it('Client: a refused context shows the default and not the values of the former context', async () => {
  const flags = createTestClient(service)
  await flags.getFlag({ userId: 'u-1', city: 'Mumbai' }, 'on')
  const moved = { userId: 'u-1', city: 'x'.repeat(300) }
  expect(flags.peek(moved)?.flags).toEqual(BUNDLE.flags)
  service.answers.bundle = () => answerJson({ errorCode: 'INVALID_CONTEXT' }, 400)
  expect(await flags.getFlag(moved, 'on')).toBe(false)
  expect(flags.peek(moved)).toBeUndefined()
})

it('Client: a bootstrap that is older than the stored bundle changes nothing', async () => {
  const storage = memoryStorage()
  const first = createTestClient(service, { storage })
  service.answers.bundle = () => answerJson({ ...BUNDLE, version: 100, flags: { on: false } })
  await first.getFlag({ userId: 'u-1' }, 'on')
  service.answers.bundle = unreachable
  const second = createTestClient(service, { storage })
  second.seed({ userId: 'u-1' }, { ...BUNDLE, version: 90 })
  expect(second.peek({ userId: 'u-1' })?.flags).toEqual({ on: false })
  second.seed({ userId: 'u-1' }, { ...BUNDLE, version: 101 })
  expect(second.peek({ userId: 'u-1' })?.flags).toEqual(BUNDLE.flags)
})

it('Client: identify takes a numeric id as its text', async () => {
  const flags = createTestClient(service)
  expect(await flags.identify('anon-1', 42 as unknown as string)).toBe(true)
  expect(service.requestsTo('/v1/identify').map(({ body }) => body)).toMatchObject([
    { anonymousId: 'anon-1', userId: '42' },
  ])
})

it('Client: an item of a clock that stands at 1970 is sent without its time', async () => {
  vi.setSystemTime(5_000_000)
  const flags = createTestClient(service)
  flags.track({ userId: 'u-1' }, 'event.viewed')
  expect(await flags.flush()).toBe(true)
  const [item] = service.requestsTo('/v1/events').flatMap(({ body }) => body['events'] as object[])
  expect(item).not.toHaveProperty('ts')
  expect(item).not.toHaveProperty('sentAt')
})
