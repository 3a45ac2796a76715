import type { Settings } from './options.ts'

/** Freezes a value of JSON, all of it: the next read returns the same object, maybe for another user. */
const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const part of Object.values(value)) freeze(part)
  return Object.freeze(value)
}

/** What an app calls a value of this type. */
const describeType = (value: unknown): string =>
  typeof value === 'object' ? 'an object or a list' : `a ${typeof value}`

/**
 * Chooses between the value of a flag and the default of a read: the default when there is no value, and when the value
 * has another type. That is a mistake in the app or in the flag, and is reported once a flag.
 */
/** @param like a value of the wanted type, when the default may have another one */
export type ChooseValue = <T>(key: string, value: unknown, defaultValue: T, like?: unknown) => T

export const createChooser = ({ warn }: Pick<Settings, 'warn'>): ChooseValue => {
  const reported = new Set<string>()
  return <T>(key: string, value: unknown, defaultValue: T, like: unknown = defaultValue): T => {
    if (value === undefined) return defaultValue
    // Without a default there is no type to compare with.
    if (like === undefined || like === null) return freeze(value) as T
    const [is, wanted] = [describeType(value), describeType(like)]
    if (is === wanted) return freeze(value) as T
    const name = `type of ${key}`
    if (!reported.has(`${name}: ${wanted}`)) {
      reported.add(`${name}: ${wanted}`)
      warn(name, `the flag ${key} is ${is}, and the app reads ${wanted}: it gets its default`)
    }
    return defaultValue
  }
}
