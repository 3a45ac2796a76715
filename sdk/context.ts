/** The user and their attributes. `targetingKey` is OpenFeature's name for `userId` and wins when both are given. */
export type FlagsContext = {
  readonly userId?: string | null | undefined
  readonly targetingKey?: string | null | undefined
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

/** A blank id is no id. */
const readId = (value: unknown): string | undefined => readText(value)?.match(/\S/)?.input

/** Reads any value as a context. Attributes that are missing or have another type are left out. */
export const readContext = (context: unknown): EvaluatedContext => {
  const { targetingKey, userId, role, city, category, categories, anonymous } = Object(
    context,
  ) as FlagsContext
  const texts = [category, categories].flat().filter((each) => typeof each === 'string')
  const evaluated = {
    userId: readId(targetingKey) ?? readId(userId),
    role: readText(role),
    city: readText(city),
    categories: texts.length > 0 ? [...new Set(texts)].toSorted() : undefined,
    anonymous: anonymous === true || undefined,
  }
  // JSON drops undefined members, as the request will.
  return JSON.parse(JSON.stringify(evaluated)) as EvaluatedContext
}
