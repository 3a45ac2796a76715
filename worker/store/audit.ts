import { and, desc, eq, lt } from 'drizzle-orm'
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

/** Audit entries, the newest first. */
export const listAudit = async (db: Database, filter: Filter): Promise<AuditEntry[]> => {
  const rows = await db
    .select()
    .from(adminAction)
    .where(
      and(
        filter.target === undefined ? undefined : eq(adminAction.target, filter.target),
        filter.actor === undefined ? undefined : eq(adminAction.actor, filter.actor),
        filter.before === undefined ? undefined : lt(adminAction.id, filter.before),
      ),
    )
    .orderBy(desc(adminAction.id))
    .limit(filter.limit)
  return rows.map(toEntry)
}

export const getAuditEntry = async (db: Database, id: number): Promise<AuditEntry | null> => {
  const [row] = await db.select().from(adminAction).where(eq(adminAction.id, id))
  return row ? toEntry(row) : null
}
