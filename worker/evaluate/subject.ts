import { isRecord, type UnknownRecord } from '../../schema/record.ts'
import { computeBucket, hashUser, type HashedUser } from './bucket.ts'

/** A context as the evaluator reads it: attributes that can match, and the user id, hashed at most once. */
export type Subject = {
  readonly userId: string | undefined
  readonly role: string | undefined
  readonly city: string | undefined
  readonly categories: readonly string[]
  /** The context says `anonymous: true`: the user has not signed in. */
  readonly isAnonymous: boolean
  /** The context itself, for the attributes that conditions use. */
  readonly members: UnknownRecord
  /** Hashes the user id, when the first flag needs it. */
  readonly hash: (userId: string) => HashedUser
  hashedUser: HashedUser | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const texts = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** A number is the same id as its text, because apps have ids of both types. */
const idText = (value: unknown): string | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? String(value) : text(value)

/** A blank id counts as missing: hashing it would put all visitors without an id into one bucket. */
export const readUserId = (value: unknown): string | undefined => {
  const id = idText(value)
  return id === undefined || id.trim() === '' ? undefined : id
}

/**
 * Reads any JSON as a context, and never throws: a member that is missing or of another type matches nothing.
 * `targetingKey` wins over `userId`; `category` and `categories` are one list.
 */
export const readSubjectWith = (
  hash: (userId: string) => HashedUser,
  context: unknown,
): Subject => {
  const members = isRecord(context) ? context : {}
  const { targetingKey, userId, role, city, category, categories, anonymous } = members
  return {
    userId: readUserId(targetingKey) ?? readUserId(userId),
    role: text(role),
    city: text(city),
    categories: [...texts(category), ...texts(categories)],
    isAnonymous: anonymous === true,
    members,
    hash,
    hashedUser: undefined,
  }
}

/** Reads any JSON as a context, with the synchronous hash. */
export const readSubject = (context: unknown): Subject => readSubjectWith(hashUser, context)

/** The bucket of a subject for a seed, as a uint32; undefined without a user id. */
export const computeSubjectBucket = (subject: Subject, seed: number): number | undefined => {
  if (subject.userId === undefined) return undefined
  subject.hashedUser ??= subject.hash(subject.userId)
  return computeBucket(subject.hashedUser, seed)
}
