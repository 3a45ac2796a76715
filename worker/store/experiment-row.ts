import { Experiment } from '../../schema/experiment.ts'
import type { experiment } from '../../schema/tables.ts'
import { parseColumn } from './parse-column.ts'
import { serializePeople, toPeople } from './people.ts'

type Row = typeof experiment.$inferSelect

const iso = (at: Date | null) => at?.toISOString() ?? null
const date = (at: string | null) => (at === null ? null : new Date(at))

export const toExperiment = (row: Row): Experiment =>
  Experiment.parse({
    key: row.key,
    description: row.description,
    variants: parseColumn(row.variants),
    startAt: iso(row.startAt),
    stopAt: iso(row.stopAt),
    plan: parseColumn(row.plan),
    status: row.status,
    launchedAt: iso(row.launchedAt),
    reweightedAt: iso(row.reweightedAt),
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    owner: row.owner,
    note: row.note,
    decision: parseColumn(row.decision) ?? null,
    archivedAt: iso(row.archivedAt),
    ...toPeople(row),
  })

export const toRow = (value: Experiment): Row => ({
  ...value,
  ...serializePeople(value),
  variants: JSON.stringify(value.variants),
  plan: value.plan && JSON.stringify(value.plan),
  startAt: date(value.startAt),
  stopAt: date(value.stopAt),
  launchedAt: date(value.launchedAt),
  reweightedAt: date(value.reweightedAt),
  createdAt: new Date(value.createdAt),
  updatedAt: new Date(value.updatedAt),
  decision: value.decision && JSON.stringify(value.decision),
  archivedAt: date(value.archivedAt),
})

/** The experiment as a later read returns it: instants have milliseconds. */
export const normalizeExperiment = (value: Experiment): Experiment => toExperiment(toRow(value))

/** The members of a draft that its creator does not set. */
export const DRAFT_STATE = {
  status: 'DRAFT',
  note: null,
  decision: null,
  archivedAt: null,
  launchedAt: null,
  reweightedAt: null,
} as const
