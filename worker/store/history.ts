import { asc, eq, inArray, sql, type SQL } from 'drizzle-orm'
import * as z from 'zod'
import { Variant } from '../../schema/experiment.ts'
import { experimentHistory } from '../../schema/tables.ts'
import type { Fact } from '../experiments/history.ts'
import type { Database } from './database.ts'
import { parseColumn } from './parse-column.ts'

const Variants = z.array(Variant)

type Row = typeof experimentHistory.$inferSelect

/** Reads a row. Variants that cannot be read are unknown. */
export const toFact = ({ seq, kind, at, phase, variants, startsOver }: Row): Fact => ({
  seq,
  kind,
  at: at.getTime(),
  phase,
  variants: Variants.nullable().catch(null).parse(parseColumn(variants)),
  startsOver,
})

/** Reads the history of an experiment, in order. */
export const readHistory = async (db: Database, key: string): Promise<readonly Fact[]> => {
  const rows = await db
    .select()
    .from(experimentHistory)
    .where(eq(experimentHistory.experimentKey, key))
    .orderBy(asc(experimentHistory.seq))
  return rows.map(toFact)
}

/** Reads the histories of experiments, by key. */
export const readHistories = async (
  db: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly Fact[]>> => {
  const rows = await db
    .select()
    .from(experimentHistory)
    .where(
      inArray(
        experimentHistory.experimentKey,
        sql`(SELECT value FROM json_each(${JSON.stringify(keys)}))`,
      ),
    )
    .orderBy(asc(experimentHistory.experimentKey), asc(experimentHistory.seq))
  const byKey = Map.groupBy(rows, ({ experimentKey }) => experimentKey)
  return new Map([...byKey].map(([key, own]) => [key, own.map(toFact)]))
}

/** Adds a fact to the history, if the statement before it in the transaction changed a row. */
export const insertFact = (db: Database, key: string, { seq, kind, at, phase, ...fact }: Fact) =>
  db.insert(experimentHistory).select(sql`
    SELECT ${key}, ${seq}, ${kind}, ${at}, ${phase},
           ${fact.variants && JSON.stringify(fact.variants)}, ${fact.startsOver ? 1 : 0}
    WHERE changes() = 1`)

/** Selects the phase of an experiment at an instant: that of the last launch until then, or 1. */
export const selectPhaseAt = (experimentKey: SQL, at: SQL) => sql`
  coalesce((
    SELECT fact.phase FROM experiment_history AS fact
    WHERE fact.kind = 'launch' AND fact.experiment_key = ${experimentKey} AND fact.at <= ${at}
    ORDER BY fact.seq DESC LIMIT 1), 1)`

/** A row may seem to come before its launch by as much as the clock of a client may be behind, and a second. */
const CLOCK_BEHIND_MS = 301_000

/**
 * Selects the phase that a row names, if the history has a launch of it before the row. Otherwise a restore of D1 took
 * the launch away, and another one may use its number: 0, which no result counts.
 */
export const selectKnownPhase = (experimentKey: SQL, phase: SQL, at: SQL) => sql`
  coalesce((
    SELECT fact.phase FROM experiment_history AS fact
    WHERE fact.kind = 'launch' AND fact.experiment_key = ${experimentKey} AND fact.phase = ${phase}
      AND fact.at <= ${at} + ${CLOCK_BEHIND_MS} LIMIT 1), 0)`

/** Selects the first phase that results count: the one of the last start-over. */
export const selectFirstCountedPhase = (experimentKey: string) => sql`
  coalesce((
    SELECT max(phase) FROM experiment_history
    WHERE experiment_key = ${experimentKey} AND starts_over = 1), 1)`

/** Selects the phase of a user's assignment; NULL without one. */
export const selectPhaseOfUser = (experimentKey: SQL, userId: SQL) => sql`(
  SELECT own.phase FROM experiment_assignment AS own
  WHERE own.experiment_key = ${experimentKey} AND own.user_id = ${userId})`
