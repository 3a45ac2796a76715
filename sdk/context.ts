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
  /** True for a known crawler: the service then records nothing, and no result counts it. True is always sent. */
  readonly isBot?: unknown
  /** Other attributes are allowed. The option `attributes` says which of them are sent. */
  readonly [attribute: string]: unknown
}

/** The part of a context that is evaluated. The order of members is fixed: it is the cache key as JSON. */
export type EvaluatedContext = {
  readonly userId?: string
  readonly role?: string
  readonly city?: string
  readonly categories?: readonly string[]
  readonly anonymous?: true
  readonly [attribute: string]: unknown
}

/** The names of further attributes to read, or all. */
export type AttributeNames = readonly string[] | 'all'

/** The attributes with a meaning of their own. They are always read. */
const WELL_KNOWN = ['userId', 'targetingKey', 'role', 'city', 'category', 'categories', 'anonymous']

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

/** A number is the same id as its text. A blank id is no id. */
export const readId = (value: unknown): string | undefined => {
  const id = typeof value === 'number' && Number.isFinite(value) ? String(value) : readText(value)
  return id?.trim() ? id : undefined
}

/** Sorts texts in place. */
const sortTexts = (texts: string[]): string[] =>
  // oxlint-disable-next-line unicorn/no-array-sort -- `toSorted` is too new for some engines
  texts.sort()

const isText = (value: unknown): value is string => typeof value === 'string'

const isTextOrNumber = (value: unknown): boolean =>
  isText(value) || (typeof value === 'number' && Number.isFinite(value))

/** What conditions can compare: a text, a number, a boolean, or a list of texts and numbers. */
const readValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.filter(isTextOrNumber)
  return typeof value === 'boolean' || isTextOrNumber(value) ? value : undefined
}

/** The names of a context's own attributes that are not well known. */
const listOthers = (context: unknown, names: AttributeNames): readonly string[] => {
  const own = attempt(() => Object.keys(Object(context) as object)) ?? []
  const others = own.filter(
    (name) => !WELL_KNOWN.includes(name) && (names === 'all' || names.includes(name)),
  )
  return sortTexts(others)
}

/** True when the context has the attribute, which `readContext` would leave out. */
export const leavesOut = (context: unknown, name: string, names: AttributeNames): boolean =>
  names !== 'all' &&
  !names.includes(name) &&
  listOthers(context, [name]).length > 0 &&
  readContext(context)[name] === undefined

/**
 * Reads any value as a context. Attributes that are missing, have another type or throw are left out; a context may be
 * an object of the app with getters.
 *
 * @param names the attributes to read beside the well-known ones
 */
export const readContext = (context: unknown, names: AttributeNames = []): EvaluatedContext => {
  const read = (name: string) => attempt(() => (Object(context) as FlagsContext)[name])
  const texts = attempt(() => [read('category'), read('categories')].flat().filter(isText)) ?? []
  const evaluated = {
    userId: readId(read('targetingKey')) ?? readId(read('userId')),
    role: readText(read('role')),
    city: readText(read('city')),
    categories: texts.length > 0 ? sortTexts([...new Set(texts)]) : undefined,
    anonymous: read('anonymous') === true || undefined,
    isBot: read('isBot') === true || undefined,
    ...Object.fromEntries(
      listOthers(context, names).map((name) => [name, attempt(() => readValue(read(name)))]),
    ),
  }
  // JSON drops undefined members, as the request will.
  return JSON.parse(JSON.stringify(evaluated)) as EvaluatedContext
}

/** The user of a row, as the service takes them. */
export const readUser = (context: unknown) => {
  const { userId = '', isBot } = readContext(context)
  return { userId, ...(isBot === true && ({ isBot: true } as const)) }
}
