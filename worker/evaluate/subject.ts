import { isRecord } from '../../schema/record.ts'
import { computeBucket, hashUser, type HashedUser } from './bucket.ts'

/** An evaluation context made ready: attributes that can match, and the user hashed at most once. */
export type Subject = {
  readonly userId: string | undefined
  readonly role: string | undefined
  readonly city: string | undefined
  readonly categories: readonly string[]
  /** Says so of itself: nobody who signed in. */
  readonly isAnonymous: boolean
  /** How to hash the user: asked when a flag first splits users, and never again. */
  readonly hash: (userId: string) => HashedUser
  hashedUser: HashedUser | undefined
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const texts = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** A blank id names nobody: hashing it would put every anonymous visitor into one bucket. */
const readUserId = (value: unknown): string | undefined => {
  const id = text(value)
  return id === undefined || id.trim() === '' ? undefined : id
}

/**
 * Reads any JSON as an evaluation context, never throwing: what is missing or of another type matches nothing.
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
    hash,
    hashedUser: undefined,
  }
}

/** Reads any JSON as an evaluation context, as above, to be hashed here and now. */
export const readSubject = (context: unknown): Subject => readSubjectWith(hashUser, context)

/** Where the subject falls for a seed, as a uint32; undefined without a user id. */
export const computeSubjectBucket = (subject: Subject, seed: number): number | undefined => {
  if (subject.userId === undefined) return undefined
  subject.hashedUser ??= subject.hash(subject.userId)
  return computeBucket(subject.hashedUser, seed)
}
