import { asc, eq, sql, type SQL } from 'drizzle-orm'
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

/** Selects the phase of an experiment at an instant: that of the last launch until then, or 1. */
export const selectPhaseAt = (experimentKey: SQL, at: SQL) => sql`
  coalesce((
    SELECT fact.phase FROM experiment_history AS fact
    WHERE fact.kind = 'launch' AND fact.experiment_key = ${experimentKey} AND fact.at <= ${at}
    ORDER BY fact.seq DESC LIMIT 1), 1)`

/** Selects the phase of a user's assignment; NULL without one. */
export const selectPhaseOfUser = (experimentKey: SQL, userId: SQL) => sql`(
  SELECT own.phase FROM experiment_assignment AS own
  WHERE own.experiment_key = ${experimentKey} AND own.user_id = ${userId})`
