/** Who asks. `targetingKey` is OpenFeature's name for `userId` and wins when both are given. */
export type FlagsContext = {
  readonly userId?: string | null | undefined
  readonly targetingKey?: string | null | undefined
  readonly role?: string | null | undefined
  readonly city?: string | null | undefined
  readonly category?: string | readonly string[] | null | undefined
  readonly categories?: readonly string[] | null | undefined
  /** True of someone who has not signed in: their reads cost the service less. */
  readonly anonymous?: unknown
  /** Other attributes are allowed, and stay where they are: they are not sent. */
  readonly [attribute: string]: unknown
}

/** What the service evaluates, always in the same order: two contexts that mean the same are one. */
export type Asked = {
  readonly userId?: string
  readonly role?: string
  readonly city?: string
  readonly categories?: readonly string[]
  readonly anonymous?: true
}

const textIn = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

/** A blank id names nobody. */
const idIn = (value: unknown): string | undefined => textIn(value)?.match(/\S/)?.input

/** Reads anything as a context, never throwing; what is missing or of another type is left out. */
export const readContext = (context: unknown): Asked => {
  const { targetingKey, userId, role, city, category, categories, anonymous } = Object(
    context,
  ) as FlagsContext
  const texts = [category, categories].flat().filter((each) => typeof each === 'string')
  const asked = {
    userId: idIn(targetingKey) ?? idIn(userId),
    role: textIn(role),
    city: textIn(city),
    categories: texts.length > 0 ? [...new Set(texts)].toSorted() : undefined,
    anonymous: anonymous === true || undefined,
  }
  // As it will be sent: what is undefined is not there.
  return JSON.parse(JSON.stringify(asked)) as Asked
}
