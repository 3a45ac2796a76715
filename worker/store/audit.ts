import { and, between, desc, eq, lt, sql } from 'drizzle-orm'
import type { AuditEntry } from '../../schema/audit.ts'
import { adminAction } from '../../schema/tables.ts'
import type { Database } from './database.ts'

type Filter = {
  readonly target: string | undefined
  readonly actor: string | undefined
  /** Only entries with a smaller id; undefined starts at the newest. */
  readonly before: number | undefined
  readonly limit: number
}

const toEntry = ({ at, ...row }: typeof adminAction.$inferSelect): AuditEntry => ({
  ...row,
  at: at.toISOString(),
})

/** The size of a page, in bytes. An entry may have half a megabyte, and an isolate has 128 MB for all requests. */
export const MAX_PAGE_BYTES = 4_000_000

/** How many entries, from the first on, fit into a page: at least one. */
const countFitting = (sizes: readonly { readonly bytes: number }[]): number => {
  let bytes = 0
  const tooMany = sizes.findIndex((each) => (bytes += each.bytes) > MAX_PAGE_BYTES)
  return tooMany < 0 ? sizes.length : Math.max(1, tooMany)
}

/**
 * Reads a page of audit entries, newest first, and whether there are more. A first query reads only the sizes, with
 * `octet_length`, which reads no more of a row than its header.
 */
export const listAudit = async (
  db: Database,
  { target, actor, before, limit }: Filter,
): Promise<{ entries: AuditEntry[]; hasMore: boolean }> => {
  const isSelected = and(
    target === undefined ? undefined : eq(adminAction.target, target),
    actor === undefined ? undefined : eq(adminAction.actor, actor),
    before === undefined ? undefined : lt(adminAction.id, before),
  )
  const sizes = await db
    .select({
      id: adminAction.id,
      bytes: sql<number>`ifnull(octet_length(${adminAction.before}), 0) + ifnull(octet_length(${adminAction.after}), 0)`,
    })
    .from(adminAction)
    .where(isSelected)
    .orderBy(desc(adminAction.id))
    .limit(limit + 1)
  const [newest, oldest] = [sizes[0], sizes[countFitting(sizes.slice(0, limit)) - 1]]
  if (!newest || !oldest) return { entries: [], hasMore: false }
  const rows = await db
    .select()
    .from(adminAction)
    .where(and(isSelected, between(adminAction.id, oldest.id, newest.id)))
    .orderBy(desc(adminAction.id))
  return { entries: rows.map(toEntry), hasMore: oldest !== sizes.at(-1) }
}

export const getAuditEntry = async (db: Database, id: number): Promise<AuditEntry | null> => {
  const [row] = await db.select().from(adminAction).where(eq(adminAction.id, id))
  return row ? toEntry(row) : null
}
