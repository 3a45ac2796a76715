import { attempt, ignoreRejection } from './internal.ts'
import { isPage } from './page.ts'

/** A synchronous key-value storage, such as `localStorage`. */
export type FlagsStorage = {
  readonly getItem: (key: string) => string | null
  readonly setItem: (key: string, value: string) => void
}

/** The part of React Native's AsyncStorage that the client uses. */
export type AsyncFlagsStorage = {
  readonly getAllKeys: () => Promise<readonly string[]>
  readonly getItem: (key: string) => Promise<string | null>
  readonly setItem: (key: string, value: string) => Promise<unknown>
}

export const STORAGE_PREFIX = 'indietix-flags:'

/** Returns `localStorage`; undefined outside of a page, or when the browser denies access. */
export const getPageStorage = (): FlagsStorage | undefined =>
  attempt(() => (isPage() ? globalThis.localStorage : undefined))

/** One JSON value of a storage. A storage that is full or throws counts as empty; the client works from memory. */
export const createSlot = (storage: FlagsStorage | null | undefined, name: string) => {
  const key = STORAGE_PREFIX + name
  return {
    read: (): unknown =>
      attempt(() => JSON.parse(ignoreRejection(storage?.getItem(key)) as string)),
    write: (value: unknown): void =>
      attempt(() => ignoreRejection(storage?.setItem(key, JSON.stringify(value)))),
  }
}

export type Slot = ReturnType<typeof createSlot>

/**
 * Opens an asynchronous storage, such as React Native's AsyncStorage. It reads the client's values once, then answers
 * from memory and writes in the background. Await it before `createFlagsClient`.
 *
 * @throws the storage's error while it is read; a later failure of a write goes to `onError`
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
      writing = writing
        .then(() => storage.setItem(key, value))
        .catch((error: unknown) => attempt(() => onError(error)))
    },
  }
}
