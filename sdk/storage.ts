import { attempt } from './attempt.ts'
import { isPage } from './page.ts'

/** What keeps things over a restart: `localStorage` fits. Values are read and written whole, at once. */
export type FlagsStorage = {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
}

/** What React Native's AsyncStorage offers, as far as it is needed. */
export type AsyncFlagsStorage = {
  readonly getAllKeys: () => Promise<readonly string[]>
  readonly getItem: (key: string) => Promise<string | null>
  readonly setItem: (key: string, value: string) => Promise<unknown>
}

export const STORAGE_PREFIX = 'indietix-flags:'

/** The page's own storage; undefined where there is none, or where the browser refuses it. */
export const pageStorage = (): FlagsStorage | undefined =>
  attempt(() => (isPage() ? globalThis.localStorage : undefined))

/**
 * One value of a storage, as JSON. A storage that is full or refuses is like an empty one: what is in memory goes on
 * alone.
 */
export const createSlot = (storage: FlagsStorage | null | undefined, name: string) => {
  const key = STORAGE_PREFIX + name
  return {
    read: (): unknown => attempt(() => JSON.parse(storage?.getItem(key) as string)),
    write: (value: unknown): void => attempt(() => storage?.setItem(key, JSON.stringify(value))),
  }
}

export type Slot = ReturnType<typeof createSlot>

/**
 * Opens a storage whose calls take their time, such as React Native's AsyncStorage: reads what the client keeps there
 * once, then answers from memory and writes behind. Wait for it before `createFlagsClient`.
 *
 * @throws what the storage throws while it is read; a write that fails later goes to `onError`
 */
export const openAsyncStorage = async (
  storage: AsyncFlagsStorage,
  onError: (error: unknown) => void = () => {},
): Promise<FlagsStorage> => {
  const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(STORAGE_PREFIX))
  const values = new Map<string, string>()
  for (const key of keys) {
    const value = await storage.getItem(key)
    if (value !== null) values.set(key, value)
  }
  let writing: Promise<unknown> = Promise.resolve()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem(key, value) {
      values.set(key, value)
      writing = writing.then(() => storage.setItem(key, value)).catch(onError)
    },
  }
}
