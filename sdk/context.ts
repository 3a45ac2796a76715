import { attempt } from './internal.ts'

/** The user and their attributes. `targetingKey` is OpenFeature's name for `userId` and wins when both are given. */
export type FlagsContext = {
  /** A number counts as its text. */
  readonly userId?: string | number | null | undefined
  readonly targetingKey?: string | number | null | undefined
  readonly role?: string | null | undefined
  readonly city?: string | null | undefined
  readonly category?: string | readonly string[] | null | undefined
  readonly categories?: readonly string[] | null | undefined
  /** True for a visitor who has not signed in: their reads cost the service less. */
  readonly anonymous?: unknown
  /** Other attributes are allowed. They are not sent. */
  readonly [attribute: string]: unknown
}

/** The part of a context that the service evaluates. The order of members is fixed: it is the cache key as JSON. */
export type EvaluatedContext = {
  readonly userId?: string
  readonly role?: string
  readonly city?: string
  readonly categories?: readonly string[]
  readonly anonymous?: true
}

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

/** A number is the same id as its text. A blank id is no id. */
export const readId = (value: unknown): string | undefined => {
  const id = typeof value === 'number' && Number.isFinite(value) ? String(value) : readText(value)
  return id?.trim() ? id : undefined
}

const isText = (value: unknown): value is string => typeof value === 'string'

/**
 * Reads any value as a context. Attributes that are missing, have another type or throw are left out; a context may be
 * an object of the app with getters.
 */
export const readContext = (context: unknown): EvaluatedContext => {
  const read = (name: keyof FlagsContext) => attempt(() => (Object(context) as FlagsContext)[name])
  const texts = attempt(() => [read('category'), read('categories')].flat().filter(isText)) ?? []
  const evaluated = {
    userId: readId(read('targetingKey')) ?? readId(read('userId')),
    role: readText(read('role')),
    city: readText(read('city')),
    // oxlint-disable-next-line unicorn/no-array-sort -- `toSorted` is too new for some engines
    categories: texts.length > 0 ? [...new Set(texts)].sort() : undefined,
    anonymous: read('anonymous') === true || undefined,
  }
  // JSON drops undefined members, as the request will.
  return JSON.parse(JSON.stringify(evaluated)) as EvaluatedContext
}
