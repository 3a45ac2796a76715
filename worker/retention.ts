import type { Env } from './env.ts'
import { deleteRawRows } from './store/retention.ts'
import { openDatabase } from './store/database.ts'

const DAY_MS = 86_400_000

/**
 * What is older than this before its end is not taken in any more: rows rest in an outbox while D1 is down, and one
 * that arrived after its like was deleted would be counted again.
 */
const GRACE_DAYS = 7
/** A booking counts for 7 days after an exposure, and the grace must leave something. */
export const LEAST_DAYS = 2 * GRACE_DAYS

/** Days for which raw exposures and events are kept; null for ever, which is also what a typing error means. */
export const retentionDaysOf = ({ RETENTION_DAYS }: Pick<Env, 'RETENTION_DAYS'>) => {
  const days = Number(RETENTION_DAYS)
  return Number.isInteger(days) && days >= LEAST_DAYS ? days : null
}

/** The oldest instant of which exposures and events are taken in, in epoch milliseconds. */
export const oldestTaken = (env: Env, now: number): number => {
  const days = retentionDaysOf(env)
  return days === null ? Number.NEGATIVE_INFINITY : now - (days - GRACE_DAYS) * DAY_MS
}

/** Deletes raw rows that are past their time, a bounded number at a time; the next minute goes on. */
export const enforceRetention = async (env: Env, now: number): Promise<void> => {
  const days = retentionDaysOf(env)
  const { RETENTION_DAYS = '' } = env
  if (days === null && RETENTION_DAYS !== '')
    console.error({ event: 'alarm.retention_misconfigured', RETENTION_DAYS, LEAST_DAYS })
  if (days === null) return
  const deleted = await deleteRawRows(openDatabase(env.DB), now - days * DAY_MS)
  if (deleted > 0) console.log({ event: 'retention.deleted', rows: deleted })
}
