import { sql } from 'drizzle-orm'
import { MAX_FLAGS, MAX_RULES_BYTES, MAX_SEGMENTS } from '../../schema/limits.ts'
import { segment } from '../../schema/tables-segment.ts'
import { featureFlag } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** How many flags and segments, and UTF-8 bytes of rules, values and segments, an edit adds. Each may be negative. */
export type Growth = {
  readonly flags: number
  readonly segments: number
  readonly bytes: number
}

export const sumGrowth = (growths: readonly Growth[]): Growth => ({
  flags: growths.reduce((sum, { flags: count }) => sum + count, 0),
  segments: growths.reduce((sum, { segments: count }) => sum + count, 0),
  bytes: growths.reduce((sum, { bytes: count }) => sum + count, 0),
})

const flags = sql`(SELECT count(*) FROM ${featureFlag})`
/** `octet_length` reads no more of a row than its header: https://www.sqlite.org/lang_corefunc.html#octet_length */
const bytes = sql`((SELECT total(octet_length(rules)) + total(octet_length(serving)) FROM ${featureFlag}) +
  (SELECT total(octet_length("include") + octet_length("exclude") + octet_length(conditions)) FROM ${segment}))`
const segments = sql`(SELECT count(*) FROM ${segment})`

/**
 * Whether the flags and segments stay within their limits. The commit checks it again, so that two edits cannot exceed the limit
 * together. An edit that adds nothing always fits: a kill switch must always work.
 */
export const fitsQuota = (growth: Growth) => sql`
  (${growth.flags} <= 0 OR ${flags} + ${growth.flags} <= ${MAX_FLAGS})
  AND (${growth.segments} <= 0 OR ${segments} + ${growth.segments} <= ${MAX_SEGMENTS})
  AND (${growth.bytes} <= 0 OR ${bytes} + ${growth.bytes} <= ${MAX_RULES_BYTES})`

/** Why an edit exceeds the limits, as a message; undefined if it does not. */
export const findQuotaProblem = async (
  db: Database,
  growth: Growth,
): Promise<string | undefined> => {
  if (Math.max(growth.flags, growth.segments, growth.bytes) <= 0) return undefined
  const [used] = await db.all<Growth>(
    sql`SELECT ${flags} AS flags, ${segments} AS segments, ${bytes} AS bytes`,
  )
  if (!used) return undefined
  if (growth.flags > 0 && used.flags + growth.flags > MAX_FLAGS)
    return `there are ${used.flags} flags, and the limit is ${MAX_FLAGS}: delete some first`
  if (growth.segments > 0 && used.segments + growth.segments > MAX_SEGMENTS)
    return `there are ${used.segments} segments, and the limit is ${MAX_SEGMENTS}: delete some first`
  if (growth.bytes > 0 && used.bytes + growth.bytes > MAX_RULES_BYTES)
    return `the limit for all rules together is ${MAX_RULES_BYTES / 1e6} MB, and this edit needs ${((used.bytes + growth.bytes) / 1e6).toFixed(2)} MB: shorten some lists first`
  return undefined
}
