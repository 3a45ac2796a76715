import { and, asc, inArray, isNull } from 'drizzle-orm'
import type { Caller } from '../../schema/evaluation.ts'
import { EvaluationKeyKind } from '../../schema/key.ts'
import { apiKey } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { readSettings } from './keys.ts'

/** The evaluation keys that are not revoked, by name, and what they trust. */
export const listCallers = async (db: Database): Promise<Caller[]> => {
  const { id, name, kind, settings } = apiKey
  const rows = await db
    .select({ id, name, kind, settings })
    .from(apiKey)
    .where(and(inArray(kind, EvaluationKeyKind.options), isNull(apiKey.revokedAt)))
    .orderBy(asc(name))
  return rows.flatMap((row): Caller[] => {
    const key = { id: row.id, name: row.name }
    if (row.kind === 'server') return [{ ...key, kind: 'server', isSigned: false }]
    // The edge refuses a key whose settings cannot be read.
    const read = readSettings(row)
    if (!read) return []
    const { trustsRole, trusts, userToken } = read
    return [
      {
        ...key,
        kind: 'client',
        trustsRole,
        ...(trusts && { trusts }),
        isSigned: userToken !== null,
      },
    ]
  })
}
