import { eq, sql, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import { event, experimentAssignment, experimentExposure } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { selectKnownPhase, selectPhaseAt, selectPhaseOfUser } from './history.ts'

/*
 * The rows of participation in D1. The outbox of a participant object stores them as JSON, so schemas parse them.
 * Instants are epoch milliseconds.
 */

const Participation = z.object({
  experimentKey: z.string(),
  userId: z.string(),
  variant: z.string(),
  at: z.number(),
})

/** The phase is that of the weights that gave the variant. Absent in rows from before phases: D1 finds it by time. */
export const AssignmentRow = Participation.extend({ phase: z.int().optional() })
export type AssignmentRow = z.infer<typeof AssignmentRow>

export const ExposureRow = Participation.extend({ id: z.string() })
export type ExposureRow = z.infer<typeof ExposureRow>

export const EventRow = z.object({
  id: z.string(),
  type: z.string(),
  userId: z.string(),
  at: z.number(),
  /** 999 when the instant was given to the second; absent otherwise. */
  spanMs: z.int().optional(),
})
export type EventRow = z.infer<typeof EventRow>

/** Rows of one or several users. */
export type ParticipationRows = {
  readonly assignments: readonly AssignmentRow[]
  readonly exposures: readonly ExposureRow[]
  readonly events: readonly EventRow[]
}

const each = (rows: readonly object[]) => sql`json_each(${JSON.stringify(rows)})`
const field = (name: string) => sql.raw(`value ->> '$.${name}'`)
const phaseByTime = selectPhaseAt(field('experimentKey'), field('at'))
const knownPhase = selectKnownPhase(field('experimentKey'), field('phase'), field('at'))

/*
 * An event is the same when user, type and id are. The primary key is (user, id), from before types counted: so the
 * first type of an id has it, and another type has the id behind its own name. It is padded to more than the 100
 * characters that an id may have, so that no id of a client can be equal. (`!` counts characters, not bytes.)
 */
const ID_BESIDE = sql`${field('type')} || '/' || printf('%-!101s', ${field('id')})`
const isSameType = (id: SQL) => sql`
  user_id = ${field('userId')} AND id = ${id} AND type = ${field('type')}`
const isStoredBeside = sql`EXISTS (SELECT 1 FROM event AS beside WHERE ${isSameType(ID_BESIDE)})`
const isIdOfOtherType = sql`EXISTS (
  SELECT 1 FROM event AS other
  WHERE user_id = ${field('userId')} AND id = ${field('id')} AND type <> ${field('type')})`

const insertAssignments = (db: Database, assignments: readonly AssignmentRow[]) =>
  db
    .insert(experimentAssignment)
    .select(
      sql`SELECT ${field('experimentKey')}, ${field('userId')}, ${field('variant')}, ${field('at')},
        0, NULL, 0, 0, NULL, iif(${field('phase')} IS NULL, ${phaseByTime}, ${knownPhase})
        FROM ${each(assignments)} WHERE true`,
    )
    .onConflictDoNothing()

const insertExposures = (db: Database, exposures: readonly ExposureRow[]) =>
  db
    .insert(experimentExposure)
    .select(
      sql`SELECT ${field('userId')}, ${field('id')}, ${field('experimentKey')}, ${field('variant')},
        ${field('at')},
        coalesce(${selectPhaseOfUser(field('experimentKey'), field('userId'))}, ${phaseByTime})
        FROM ${each(exposures)} WHERE true`,
    )
    .onConflictDoNothing()

const insertEvents = (db: Database, events: readonly EventRow[], id: SQL, guard: SQL) =>
  db
    .insert(event)
    .select(
      sql`SELECT ${field('userId')}, ${id}, ${field('type')}, ${field('at')},
        coalesce(${field('spanMs')}, 0) FROM ${each(events)} WHERE ${guard}`,
    )
    .onConflictDoNothing()

/**
 * Writes rows in one transaction, each kind as one JSON parameter (D1 takes 100 parameters a statement), a kind without rows not at all. Idempotent:
 * an existing row stays, and its triggers do not run. Assignments come first, because exposures count on them. `WHERE true` keeps SQLite from reading ON CONFLICT as a join condition
 * (https://www.sqlite.org/lang_upsert.html, "Parsing Ambiguity").
 */
export const writeParticipation = async (
  db: Database,
  { assignments, exposures, events }: ParticipationRows,
): Promise<void> => {
  const [first, ...rest] = [
    ...(assignments.length > 0 ? [insertAssignments(db, assignments)] : []),
    ...(exposures.length > 0 ? [insertExposures(db, exposures)] : []),
    ...(events.length > 0
      ? [
          insertEvents(db, events, field('id'), sql`NOT ${isStoredBeside}`),
          insertEvents(db, events, ID_BESIDE, isIdOfOtherType),
        ]
      : []),
  ]
  if (first) await db.batch([first, ...rest])
}

/** The assignments of a user in D1. */
export const listAssignments = (db: Database, userId: string) =>
  db
    .select({
      experimentKey: experimentAssignment.experimentKey,
      variant: experimentAssignment.variant,
      at: experimentAssignment.assignedAt,
      phase: experimentAssignment.phase,
    })
    .from(experimentAssignment)
    .where(eq(experimentAssignment.userId, userId))
