import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Role } from '../../schema/key.ts'
import { MAX_MEMBERS } from '../../schema/limits.ts'
import type { Member } from '../../schema/member.ts'
import { member } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { commitEdit, readSnapshotVersion, type Editor } from './edit.ts'
import { insertIf } from './insert-if.ts'

type Row = typeof member.$inferSelect

export type MemberResult =
  | { readonly outcome: 'done'; readonly member: Member; readonly snapshotVersion: number }
  | { readonly outcome: 'not found' | 'too many' | 'contended' }

const toMember = ({ createdAt, updatedAt, ...row }: Row): Member => ({
  ...row,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
})

/** Members in the order of their addresses, from the one after `after`. */
export const listMembers = async (
  db: Database,
  after: string,
  limit: number,
): Promise<Member[]> => {
  const rows = await db
    .select()
    .from(member)
    .where(gt(member.email, after))
    .orderBy(asc(member.email))
    .limit(limit)
  return rows.map(toMember)
}

export const findMember = async (db: Database, email: string): Promise<Row | undefined> => {
  const [row] = await db.select().from(member).where(eq(member.email, email))
  return row
}

const memberCount = sql`(SELECT count(*) FROM ${member})`
const memberTarget = (email: string) => `member:${email}`

const create = async (db: Database, editor: Editor, email: string, role: Role) => {
  const row = { email, role, createdAt: editor.at, updatedAt: editor.at }
  const created = toMember(row)
  const snapshotVersion = await commitEdit(
    db,
    insertIf(db, member, row, sql`${memberCount} < ${MAX_MEMBERS}`),
    editor,
    { action: 'member.create', target: memberTarget(email), before: null, after: created },
  )
  if (snapshotVersion !== null)
    return { outcome: 'done', member: created, snapshotVersion } as const
  return { outcome: (await findMember(db, email)) ? 'contended' : 'too many' } as const
}

/** Sets the role of a member, and adds the member if needed. The same role is no change. */
export const setMember = async (
  db: Database,
  editor: Editor,
  email: string,
  role: Role,
): Promise<MemberResult> => {
  const before = await findMember(db, email)
  if (!before) return create(db, editor, email, role)
  if (before.role === role) {
    const snapshotVersion = await readSnapshotVersion(db)
    return { outcome: 'done', member: toMember(before), snapshotVersion }
  }
  const after = toMember({ ...before, role, updatedAt: editor.at })
  const snapshotVersion = await commitEdit(
    db,
    db
      .update(member)
      .set({ role, updatedAt: editor.at })
      .where(and(eq(member.email, email), eq(member.role, before.role))),
    editor,
    { action: 'member.update', target: memberTarget(email), before: toMember(before), after },
  )
  return snapshotVersion === null
    ? { outcome: 'contended' }
    : { outcome: 'done', member: after, snapshotVersion }
}

export const deleteMember = async (
  db: Database,
  editor: Editor,
  email: string,
): Promise<MemberResult> => {
  const before = await findMember(db, email)
  if (!before) return { outcome: 'not found' }
  const gone = toMember(before)
  const snapshotVersion = await commitEdit(
    db,
    db.delete(member).where(and(eq(member.email, email), eq(member.role, before.role))),
    editor,
    { action: 'member.delete', target: memberTarget(email), before: gone, after: null },
  )
  return snapshotVersion === null
    ? { outcome: 'contended' }
    : { outcome: 'done', member: gone, snapshotVersion }
}
