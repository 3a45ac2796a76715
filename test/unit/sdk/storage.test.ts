import { expect, it, vi } from 'vitest'
import { openAsyncStorage, type AsyncFlagsStorage } from '../../../sdk/storage.ts'
import {
  ANNA,
  createTestClient,
  memoryStorage,
  useFakeService,
  unreachable,
} from '../../support/flags-service.ts'

const service = useFakeService()

/** A fake of React Native's AsyncStorage; its writes take different times. */
const asyncStorage = (values = new Map<string, string>()) => ({
  values,
  getAllKeys: async () => [...values.keys()],
  getItem: async (key: string) => values.get(key) ?? null,
  setItem: vi.fn<AsyncFlagsStorage['setItem']>(async (key, value) => {
    await new Promise((wake) => setTimeout(wake, value.length % 7))
    values.set(key, value)
  }),
})

it('openAsyncStorage: keeps the bundle and unsent items over a restart', async () => {
  const device = asyncStorage()
  service.answers.batch = unreachable
  const before = createTestClient(service, { storage: await openAsyncStorage(device) })
  await before.getFlag(ANNA, 'on')
  before.logExposure(ANNA, 'test', 'A')
  before.track(ANNA, 'event.viewed')
  await vi.advanceTimersByTimeAsync(100)

  service.answers.bundle = unreachable
  const flags = createTestClient(service, { storage: await openAsyncStorage(device) })
  expect(await flags.getFlag(ANNA, 'on')).toBe(true)
  expect(flags.pending()).toEqual({ waiting: 2, dropped: 0 })
})

it('openAsyncStorage: writes in order and does not read the keys of the app', async () => {
  const device = asyncStorage(new Map([['theirs', 'x']]))
  const getItem = vi.spyOn(device, 'getItem')
  const storage = await openAsyncStorage(device)
  expect(getItem).not.toHaveBeenCalled()
  expect(storage.getItem('theirs')).toBeNull()
  const values = ['123456', '12345', '1234567']
  for (const value of values) storage.setItem('indietix-flags:a', value)
  expect(storage.getItem('indietix-flags:a')).toBe('1234567')
  await vi.advanceTimersByTimeAsync(100)
  expect(device.setItem.mock.calls.map(([, value]) => value)).toEqual(values)
  expect(device.values.get('indietix-flags:a')).toBe('1234567')
})

it('openAsyncStorage: reports a failed write and tries the next one', async () => {
  const device = asyncStorage()
  const onError = vi.fn<(error: unknown) => void>()
  const storage = await openAsyncStorage(device, onError)
  device.setItem.mockRejectedValueOnce(new Error('full'))
  storage.setItem('indietix-flags:a', '1')
  storage.setItem('indietix-flags:a', '2')
  await vi.advanceTimersByTimeAsync(100)
  expect(onError).toHaveBeenCalledExactlyOnceWith(new Error('full'))
  expect(device.values.get('indietix-flags:a')).toBe('2')
})

it('openAsyncStorage: rejects when the storage cannot be read', async () => {
  const device = { ...asyncStorage(), getAllKeys: () => Promise.reject(new Error('locked')) }
  await expect(openAsyncStorage(device)).rejects.toThrow('locked')
})

it('Client: sends its items when the storage is full', async () => {
  const storage = {
    ...memoryStorage(),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError')
    },
  }
  const flags = createTestClient(service, { storage })
  expect(flags.logExposure(ANNA, 'test', 'A')).toBe(true)
  expect(await flags.flush()).toBe(true)
  expect(service.requestsTo('/v1/exposures')).toHaveLength(1)
})
