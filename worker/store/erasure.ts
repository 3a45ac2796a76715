import {
  and,
  eq,
  inArray,
  isNotNull,
  isNull,
  notInArray,
  sql,
  type AnyColumn,
  type SQL,
} from 'drizzle-orm'
import { NOTHING_REMOVED, type Erased } from '../../schema/erasure.ts'
import {
  adminAction,
  event,
  experimentAssignment,
  experimentExposure,
  experimentRollup,
  snapshotState,
} from '../../schema/tables.ts'
import { experimentExclusion } from '../../schema/tables-people.ts'
import type { Database } from './database.ts'
import type { Editor } from './edit.ts'
import { readJson } from './read-json.ts'

const toQuarter = (at: AnyColumn) => sql<number>`${at} / 900000`

/**
 * What a person added to the roll-ups, by experiment, variant and quarter: as the triggers counted it. Where they are in
 * conflict or excluded, that is nothing.
 */
const computeShares = (db: Database, userId: string) => {
  const { experimentKey, variant, phase, assignedAt, firstExposedAt, converted, clicks } =
    experimentAssignment
  const excluded = db
    .select({ key: experimentExclusion.experimentKey })
    .from(experimentExclusion)
    .where(eq(experimentExclusion.userId, userId))
  const isTheirs = and(
    eq(experimentAssignment.userId, userId),
    isNull(experimentAssignment.conflict),
    notInArray(experimentKey, excluded),
  )
  const conflicting = db
    .select({ key: experimentKey })
    .from(experimentAssignment)
    .where(and(eq(experimentAssignment.userId, userId), isNotNull(experimentAssignment.conflict)))
  return {
    assigned: db
      .select({ experimentKey, variant, phase, quarter: toQuarter(assignedAt).as('own_quarter') })
      .from(experimentAssignment)
      .where(isTheirs)
      .as('own'),
    exposed: db
      .select({
        experimentKey,
        variant,
        phase,
        converted,
        clicks,
        quarter: toQuarter(firstExposedAt).as('own_quarter'),
      })
      .from(experimentAssignment)
      .where(and(isTheirs, isNotNull(firstExposedAt)))
      .as('own'),
    seen: db
      .select({
        experimentKey: experimentExposure.experimentKey,
        variant: experimentExposure.variant,
        phase: experimentExposure.phase,
        quarter: toQuarter(experimentExposure.at).as('own_quarter'),
        count: sql<number>`count(*)`.as('own_count'),
      })
      .from(experimentExposure)
      .where(
        and(
          eq(experimentExposure.userId, userId),
          notInArray(experimentExposure.experimentKey, conflicting),
          notInArray(experimentExposure.experimentKey, excluded),
        ),
      )
      .groupBy(sql`1, 2, 3, 4`)
      .as('own'),
  }
}

type Share = {
  readonly experimentKey: AnyColumn
  readonly variant: AnyColumn
  readonly phase: AnyColumn
  readonly quarter: SQL.Aliased
}

const matchesShare = ({ experimentKey, variant, phase, quarter }: Share) =>
  sql`${experimentRollup.experimentKey} = ${experimentKey} AND ${experimentRollup.quarter} = ${quarter}
    AND ${experimentRollup.phase} = ${phase} AND ${experimentRollup.variant} = ${variant}`

const less = (column: AnyColumn, by: unknown) => sql`${column} - ${by}`

/** Takes a person's share off the roll-ups, and the rows that count nothing any more. */
const subtract = (db: Database, userId: string) => {
  const { assigned, exposed, seen } = computeShares(db, userId)
  const { assignments, exposures, exposedUsers, conversions, clicks } = experimentRollup
  const theirs = db
    .select({ key: experimentAssignment.experimentKey })
    .from(experimentAssignment)
    .where(eq(experimentAssignment.userId, userId))
  return [
    db
      .update(experimentRollup)
      .set({ exposures: less(exposures, seen.count) })
      .from(seen)
      .where(matchesShare(seen)),
    db
      .update(experimentRollup)
      .set({ assignments: less(assignments, 1) })
      .from(assigned)
      .where(matchesShare(assigned)),
    db
      .update(experimentRollup)
      .set({
        exposedUsers: less(exposedUsers, 1),
        conversions: less(conversions, exposed.converted),
        clicks: less(clicks, exposed.clicks),
      })
      .from(exposed)
      .where(matchesShare(exposed)),
    db
      .delete(experimentRollup)
      .where(
        and(
          inArray(experimentRollup.experimentKey, theirs),
          ...[assignments, exposures, exposedUsers, conversions, clicks].map((count) =>
            eq(count, 0),
          ),
        ),
      ),
  ] as const
}

const buildCount =
  (table: typeof experimentAssignment | typeof experimentExposure | typeof event) =>
  (userId: string) =>
    sql<number>`(SELECT count(*) FROM ${table} WHERE user_id = ${userId})`

const buildContains = (column: string, path: string, userId: string) => sql`EXISTS (
  SELECT 1 FROM json_each(${readJson(column, '{}')}, ${path}) WHERE value = ${userId})`

/** Whether a condition of this list compares the user id with that of the person. */
const buildCompares = (conditions: SQL, userId: string) => sql`EXISTS (
  SELECT 1 FROM ${conditions} AS own, json_each(own.value, '$.values') AS one
  WHERE own.value ->> 'attribute' IN ('userId', 'targetingKey') AND one.value = ${userId})`

const selectConditions = (column: string, path: string) =>
  sql`json_each(${readJson(column, '{}')}, ${path})`

/** Whether conditions of a target compare the user id with that of the person. */
const buildTargetCompares = (userId: string) => sql`EXISTS (
  SELECT 1 FROM json_each(${readJson('serving', '{}')}, '$.targets') AS target
  WHERE ${buildCompares(sql`json_each(target.value, '$.when')`, userId)})`

const selectExperimentsNaming = (userId: string) => sql`
  SELECT key FROM experiment
  WHERE ${buildContains('left_out', '$.userIds', userId)} OR EXISTS (
    SELECT 1 FROM json_each(${readJson('testers', '[]')}) WHERE value ->> '$.userId' = ${userId})`

/**
 * Removes a person from D1 in one transaction: the raw rows, and their share of the roll-ups, as if they had never
 * been there. The audit row, there exactly when something was removed, names a hash.
 *
 * @param links what goes with them in their object: the ties between this id and others of the same person
 */
export const eraseUser = async (
  db: Database,
  userId: string,
  userHash: string,
  links: number,
  { actor, at, comment }: Editor,
): Promise<Erased['removed']> => {
  const counts = {
    assignments: buildCount(experimentAssignment)(userId),
    exposures: buildCount(experimentExposure)(userId),
    events: buildCount(event)(userId),
    links: sql<number>`CAST(${links} AS INTEGER)`,
  }
  const isUnlisted = sql`user_id = ${userId} AND experiment_key NOT IN (${selectExperimentsNaming(userId)})`
  const [[removed]] = await db.batch([
    db.select(counts).from(snapshotState),
    db.insert(adminAction).select(sql`
      SELECT NULL, ${at.getTime()}, ${actor}, 'user.delete', ${`user:${userHash}`}, NULL,
             json_patch(
               json_object('assignments', assignments, 'exposures', exposures, 'events', events, 'links', links),
               iif(exclusions > 0, json_object('exclusions', exclusions), '{}')),
             ${comment ?? null}
      FROM (SELECT ${counts.assignments} AS assignments, ${counts.exposures} AS exposures,
                   ${counts.events} AS events, ${counts.links} AS links,
                   (SELECT count(*) FROM ${experimentExclusion} WHERE ${isUnlisted}) AS exclusions)
      WHERE assignments + exposures + events + links + exclusions > 0`),
    ...subtract(db, userId),
    db.delete(experimentExposure).where(eq(experimentExposure.userId, userId)),
    db.delete(event).where(eq(event.userId, userId)),
    db.delete(experimentAssignment).where(eq(experimentAssignment.userId, userId)),
    db.delete(experimentExclusion).where(isUnlisted),
  ])
  return removed ?? NOTHING_REMOVED
}

/**
 * The flags and experiments whose lists or conditions name a person, then segments as `segment:KEY`. Rules that cannot be read name
 * nobody: such a flag is off.
 */
export const listKeysNaming = async (db: Database, userId: string): Promise<string[]> => {
  const rows = await db.all<{ key: string }>(sql`
    SELECT key FROM feature_flag
    WHERE ${buildContains('rules', '$.allowList', userId)} OR ${buildContains('rules', '$.denyList', userId)}
      OR ${buildCompares(selectConditions('rules', '$.where'), userId)} OR ${buildTargetCompares(userId)}
    UNION ALL ${selectExperimentsNaming(userId)} ORDER BY key`)
  const segments = await db.all<{ key: string }>(sql`
    SELECT 'segment:' || key AS key FROM segment
    WHERE ${buildContains('include', '$', userId)} OR ${buildContains('exclude', '$', userId)}
      OR ${buildCompares(selectConditions('conditions', '$'), userId)} ORDER BY key`)
  return [...rows, ...segments].map(({ key }) => key)
}
