import { and, asc, getTableColumns, gte, inArray, isNull, ne, or, sql } from 'drizzle-orm'
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core'
import { EvaluationKeyKind } from '../../schema/key.ts'
import { isRecord } from '../../schema/record.ts'
import type { Snapshot } from '../../schema/snapshot.ts'
import { segment } from '../../schema/tables-segment.ts'
import {
  apiKey,
  experiment,
  experimentHistory,
  experimentInheritance,
  featureFlag,
  snapshotState,
} from '../../schema/tables.ts'
import { LATE_MS, selectLateRuns } from '../experiments/late-rows.ts'
import type { Database } from './database.ts'
import { toFact } from './history.ts'
import { parseColumn } from './parse-column.ts'
import { toSnapshotPeople } from './people.ts'
import { stateColumns, UNEDITED, type DatabaseState } from './edit.ts'

/** The one KV key (schema/README.md). */
const KV_KEY = 'snapshot'

/** The minimum of KV, in seconds. A location may serve a value that is this old. */
const KV_CACHE_TTL = 30

type Past = {
  readonly facts: readonly (typeof experimentHistory.$inferSelect)[]
  readonly hasInherited: boolean
  readonly builtAt: Date
}

const toSnapshotSegment = ({ key, ...row }: typeof segment.$inferSelect) => ({
  key,
  include: parseColumn(row.include) ?? row.include,
  exclude: parseColumn(row.exclude) ?? row.exclude,
  conditions: parseColumn(row.conditions) ?? row.conditions,
})

/** A stopped experiment of which no late rows are taken needs no variants, so that thousands of them fit. */
const toSnapshotExperiment = (
  row: typeof experiment.$inferSelect,
  { facts, hasInherited, builtAt }: Past,
) => {
  const late = selectLateRuns(facts.map(toFact), builtAt.getTime())
  const isOver = row.status === 'STOPPED' && late.runs?.length === 0
  return {
    key: row.key,
    status: row.status,
    variants: isOver ? [] : parseColumn(row.variants),
    startAt: row.startAt?.getTime() ?? null,
    stopAt: row.stopAt?.getTime() ?? null,
    isBucketed: row.reweightedAt === null,
    hasInherited,
    ...(!isOver && toSnapshotPeople(row)),
    ...late,
    ...(isOver && { startedAt: late.startedAt ?? row.launchedAt?.getTime() ?? null }),
  }
}

type FlagRow = Pick<
  typeof featureFlag.$inferSelect,
  'key' | 'enabled' | 'rollout' | 'rules' | 'serving'
>

/** What cannot be read stays as it is, so that its readers see a flag that is broken. */
const toSnapshotFlag = ({ rules: rulesText, serving: servingText, ...flag }: FlagRow) => {
  const rules = parseColumn(rulesText) ?? rulesText
  if (servingText === null) return { ...flag, rules }
  const serving = parseColumn(servingText)
  return isRecord(serving) && (rules === null || isRecord(rules))
    ? { ...flag, rules: { ...rules, serving: Object.keys(serving) }, ...serving }
    : { ...flag, rules: servingText }
}

const mayHaveLateRows = (builtAt: Date) =>
  or(
    ne(experiment.status, 'STOPPED'),
    isNull(experiment.stopAt),
    gte(experiment.stopAt, new Date(builtAt.getTime() - LATE_MS)),
  )

const selectRecent = (column: AnySQLiteColumn, builtAt: Date) =>
  sql<string | null>`CASE WHEN ${mayHaveLateRows(builtAt)} THEN ${column} END`

/** The experiments with a run that a late row may refer to. Thousands that stopped long ago have none. */
const selectKeysWithRuns = (db: Database, builtAt: Date) =>
  db
    .select({ key: experiment.key })
    .from(experiment)
    .where(and(isNull(experiment.archivedAt), mayHaveLateRows(builtAt)))

/** Builds the snapshot from D1, with the state that it was read from, in one transaction. */
export const readSnapshot = async (
  db: Database,
  builtAt: Date,
): Promise<{ snapshot: Snapshot; origin: DatabaseState }> => {
  const { key, enabled, rollout, rules, serving } = featureFlag
  const [[origin = UNEDITED], flags, segments, experiments, inheritances, keys, facts] =
    await db.batch([
      db.select(stateColumns).from(snapshotState),
      db.select({ key, enabled, rollout, rules, serving }).from(featureFlag).orderBy(asc(key)),
      db.select().from(segment).orderBy(asc(segment.key)),
      db
        .select({
          ...getTableColumns(experiment),
          // Thousands of long-stopped experiments may have lists that the snapshot does not need.
          testers: selectRecent(experiment.testers, builtAt),
          leftOut: selectRecent(experiment.leftOut, builtAt),
        })
        .from(experiment)
        .where(isNull(experiment.archivedAt))
        .orderBy(asc(experiment.key)),
      db.select({ key: experimentInheritance.experimentKey }).from(experimentInheritance),
      db
        .select({ id: apiKey.id, kind: apiKey.kind, hash: apiKey.hash, settings: apiKey.settings })
        .from(apiKey)
        .where(and(inArray(apiKey.kind, EvaluationKeyKind.options), isNull(apiKey.revokedAt)))
        .orderBy(asc(apiKey.id)),
      db
        .select()
        .from(experimentHistory)
        .where(inArray(experimentHistory.experimentKey, selectKeysWithRuns(db, builtAt)))
        .orderBy(asc(experimentHistory.experimentKey), asc(experimentHistory.seq)),
    ])
  const histories = Map.groupBy(facts, ({ experimentKey }) => experimentKey)
  const inherited = new Set(inheritances.map((row) => row.key))
  const snapshot: Snapshot = {
    format: 1,
    version: origin.version,
    builtAt: builtAt.toISOString(),
    flags: flags.map(toSnapshotFlag),
    ...(segments.length > 0 && { segments: segments.map(toSnapshotSegment) }),
    experiments: experiments.map((row) =>
      toSnapshotExperiment(row, {
        facts: histories.get(row.key) ?? [],
        hasInherited: inherited.has(row.key),
        builtAt,
      }),
    ),
    keys: keys.map(({ settings, ...row }) => ({
      ...row,
      ...(settings !== null && { client: parseColumn(settings) ?? settings }),
    })),
  }
  return { snapshot, origin }
}

/** The snapshot in KV as this location sees it, perhaps an old one; null if there is none. Text is the cheapest to read. */
export const getPublishedSnapshot = (kv: KVNamespace): Promise<string | null> =>
  kv.get(KV_KEY, { type: 'text', cacheTtl: KV_CACHE_TTL })

/** Puts the snapshot into KV. The metadata is for people and tools that look at KV. */
export const putPublishedSnapshot = (
  kv: KVNamespace,
  text: string,
  { version, builtAt }: Pick<Snapshot, 'version' | 'builtAt'>,
): Promise<void> => kv.put(KV_KEY, text, { metadata: { version, builtAt } })
