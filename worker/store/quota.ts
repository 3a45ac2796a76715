import { sql } from 'drizzle-orm'
import { MAX_FLAGS, MAX_RULES_BYTES } from '../../schema/limits.ts'
import { featureFlag } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** How much an edit of flags adds: flags, and UTF-8 bytes of rules. Either may be negative. */
export type Growth = { readonly flags: number; readonly bytes: number }

const flags = sql`(SELECT count(*) FROM ${featureFlag})`
/** `octet_length` reads no more of a row than its header: https://www.sqlite.org/lang_corefunc.html#octet_length */
const bytes = sql`(SELECT total(octet_length(rules)) FROM ${featureFlag})`

/**
 * Whether the flags stay within their limits: asked again in the statement that commits, so that of two edits that
 * would fit alone, one is refused. An edit that adds nothing is never refused: a kill switch must always work.
 */
export const fitsQuota = (growth: Growth) => sql`
  (${growth.flags} <= 0 OR ${flags} + ${growth.flags} <= ${MAX_FLAGS})
  AND (${growth.bytes} <= 0 OR ${bytes} + ${growth.bytes} <= ${MAX_RULES_BYTES})`

/** Why an edit that adds this much is refused, in words; undefined when it is not. */
export const findQuotaProblem = async (
  db: Database,
  growth: Growth,
): Promise<string | undefined> => {
  if (growth.flags <= 0 && growth.bytes <= 0) return undefined
  const [used] = await db.all<Growth>(sql`SELECT ${flags} AS flags, ${bytes} AS bytes`)
  if (!used) return undefined
  if (growth.flags > 0 && used.flags + growth.flags > MAX_FLAGS)
    return `there are ${used.flags} flags, and ${MAX_FLAGS} at most: delete some first`
  if (growth.bytes > 0 && used.bytes + growth.bytes > MAX_RULES_BYTES)
    return `all rules together take ${MAX_RULES_BYTES / 1e6} MB at most, and would take ${((used.bytes + growth.bytes) / 1e6).toFixed(2)} MB: shorten some lists first`
  return undefined
}
