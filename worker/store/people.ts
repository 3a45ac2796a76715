import { utf8ToBytes } from '@noble/hashes/utils.js'
import { sql, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import type { Experiment } from '../../schema/experiment.ts'
import { MAX_PEOPLE_BYTES } from '../../schema/limits.ts'
import { experiment } from '../../schema/tables.ts'
import { LATE_DAYS } from '../experiments/history.ts'
import type { Database } from './database.ts'
import { parseColumn } from './parse-column.ts'

/* Testers and left-out users of experiments: their columns, their part of the snapshot, and their limit. */

type Columns = { readonly testers: string | null; readonly leftOut: string | null }
type People = Pick<Experiment, 'testers' | 'leftOut'>

/** Reads the lists as members of an experiment. No list, no member. */
export const toPeople = ({ testers, leftOut }: Columns) => ({
  ...(testers !== null && { testers: parseColumn(testers) }),
  ...(leftOut !== null && { leftOut: parseColumn(leftOut) }),
})

/** Empty lists are the same as none. */
export const serializePeople = ({ testers, leftOut }: People): Columns => ({
  testers: testers && testers.length > 0 ? JSON.stringify(testers) : null,
  leftOut: leftOut && leftOut.userIds.length > 0 ? JSON.stringify(leftOut) : null,
})

/** The snapshot has the lists for as long as late rows are taken. The quota adds a day. */
const LISTS_MS = (LATE_DAYS + 1) * 86_400_000

const Testers = z.array(z.object({ userId: z.string(), variant: z.string() }))
const LeftOut = z.object({ userIds: z.array(z.string()) })

/** The lists of an experiment for the edge. A list that cannot be read is empty. */
export const toSnapshotPeople = ({ testers, leftOut }: Columns) => ({
  ...(testers !== null && {
    testers: Testers.catch([])
      .parse(parseColumn(testers))
      .map(({ userId, variant }) => [userId, variant]),
  }),
  ...(leftOut !== null && {
    leftOut: LeftOut.catch({ userIds: [] }).parse(parseColumn(leftOut)).userIds,
  }),
})

export const countPeopleBytes = (people: People): number => {
  const { testers, leftOut } = serializePeople(people)
  return utf8ToBytes((testers ?? '') + (leftOut ?? '')).length
}

const selectOtherBytes = (key: string, now: Date) => sql`(
  SELECT total(ifnull(octet_length(testers), 0) + ifnull(octet_length(left_out), 0)) FROM ${experiment}
  WHERE key <> ${key} AND (status <> 'STOPPED' OR stop_at > ${now.getTime() - LISTS_MS}))`

export const describePeopleExcess = (bytes: number): string =>
  `the limit for testers and left-out users of all experiments together is ${MAX_PEOPLE_BYTES / 1e6} MB, and this edit needs ${(bytes / 1e6).toFixed(2)} MB: shorten some lists first`

/**
 * Whether the lists of all experiments stay within their limit after an edit: why not, or the guard of the commit.
 * Lists that do not grow always fit.
 */
export const checkPeopleQuota = async (
  db: Database,
  key: string,
  before: People | null,
  after: People | null,
  now: Date,
): Promise<{ readonly problem: string } | { readonly guard: SQL | undefined }> => {
  const size = after ? countPeopleBytes(after) : 0
  if (size <= (before ? countPeopleBytes(before) : 0)) return { guard: undefined }
  const others = selectOtherBytes(key, now)
  const [used] = await db.all<{ bytes: number }>(sql`SELECT ${others} AS bytes`)
  const bytes = (used?.bytes ?? 0) + size
  return bytes > MAX_PEOPLE_BYTES
    ? { problem: describePeopleExcess(bytes) }
    : { guard: sql`${others} + ${size} <= ${MAX_PEOPLE_BYTES}` }
}
