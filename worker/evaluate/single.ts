import { isRecord, type UnknownRecord } from '../../schema/record.ts'
import { computeBucket, isWithinRollout, type HashedUser } from './bucket.ts'
import type { BrokenFlag, CompiledFlag } from './compile.ts'
import { evaluateCondition } from './condition.ts'
import { evaluate } from './evaluate.ts'
import { readSubjectWith, readUserId } from './subject.ts'

/*
 * One flag for one context, for callers that read thousands a second in their own process. It reads only the attributes
 * that the flag asks for, and makes no object. `steps.ts` is the specification; a property test checks that both are
 * equal.
 */

const NO_MEMBERS: UnknownRecord = {}

const hasText = (list: ReadonlySet<string>, value: unknown): boolean =>
  typeof value === 'string' && list.has(value)

const hasAny = (list: ReadonlySet<string>, value: unknown): boolean =>
  Array.isArray(value) ? value.some((item) => hasText(list, item)) : hasText(list, value)

/**
 * Whether a boolean flag is true; a flag of another type never is. Pure, total for any JSON as context.
 *
 * @param hash hashes the user id when a share of users decides; it may remember
 */
export const isFlagOn = (
  flag: CompiledFlag | BrokenFlag,
  context: unknown,
  hash: (userId: string) => HashedUser,
): boolean => {
  if ('broken' in flag || !flag.enabled) return false
  if (flag.serving) return evaluate(flag, readSubjectWith(hash, context)).value === true
  const { denyList, allowList, roles, cities, categories, rollout, seed, where } = flag
  const members = isRecord(context) ? context : NO_MEMBERS
  const isSplit = rollout > 0 && rollout < 100
  const userId =
    denyList || allowList || isSplit
      ? (readUserId(members['targetingKey']) ?? readUserId(members['userId']))
      : undefined
  if (userId !== undefined) {
    if (denyList?.has(userId)) return false
    if (allowList?.has(userId)) return true
  }
  if (roles && !hasText(roles, members['role'])) return false
  if (cities && !hasText(cities, members['city'])) return false
  if (
    categories &&
    !hasAny(categories, members['category']) &&
    !hasAny(categories, members['categories'])
  )
    return false
  if (where.length > 0) {
    const subject = readSubjectWith(hash, members)
    if (!where.every((condition) => evaluateCondition(condition, subject))) return false
  }
  if (!isSplit) return rollout >= 100
  return userId !== undefined && isWithinRollout(computeBucket(hash(userId), seed), rollout)
}

/** The value of a flag of any type. */
export const readFlagValue = (
  flag: CompiledFlag | BrokenFlag,
  context: unknown,
  hash: (userId: string) => HashedUser,
): unknown =>
  'broken' in flag || !flag.serving
    ? isFlagOn(flag, context, hash)
    : evaluate(flag, readSubjectWith(hash, context)).value
