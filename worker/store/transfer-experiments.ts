import { asc, inArray, sql } from 'drizzle-orm'
import {
  ExperimentSettings,
  type Experiment,
  type ExperimentStatus,
} from '../../schema/experiment.ts'
import { MAX_EXPERIMENTS, MAX_PEOPLE_BYTES } from '../../schema/limits.ts'
import type { Issue } from '../../schema/problem.ts'
import {
  isInOrder,
  OUT_OF_ORDER,
  dropUnreachedStart,
  type Schedule,
} from '../../schema/schedule.ts'
import { assignedVariant, experiment, featureFlag } from '../../schema/tables.ts'
import type {
  ImportExperimentChange,
  SkippedExperiment,
  TransferExperiment,
} from '../../schema/transfer.ts'
import { revise } from '../experiments/lifecycle.ts'
import { peopleProblem } from '../experiments/problems.ts'
import type { Database } from './database.ts'
import { deletedKeys, KEY_WAS_DELETED } from './delete-experiment.ts'
import { countExperimentRoom, findExperimentQuotaProblem } from './experiment-quota.ts'
import { DRAFT_STATE, normalizeExperiment, toExperiment } from './experiment-row.ts'
import { countPeopleBytes, describePeopleExcess } from './people.ts'

/** An experiment that differs from the document; `before` is null if it is created, as a draft. */
export type ExperimentStep = { readonly before: Experiment | null; readonly after: Experiment }

type Plan = {
  readonly steps: readonly ExperimentStep[]
  readonly refusals: readonly Issue[]
  readonly skipped: readonly SkippedExperiment[]
}

/** Every experiment, in the order of the keys. */
export const readAllExperiments = async (db: Database): Promise<Experiment[]> =>
  (await db.select().from(experiment).orderBy(asc(experiment.key))).map(toExperiment)

const toSettings = (value: Experiment | TransferExperiment): ExperimentSettings =>
  ExperimentSettings.strip().parse(value)

/**
 * Older documents and rows have STOPPED experiments whose startAt is later than their stopAt; a stop removes such a
 * startAt today. In any other status this order is an error.
 */
const dropUnreachedStartIfStopped = <
  Told extends { status?: ExperimentStatus | undefined } & Schedule,
>(
  told: Told,
) => (told.status === 'STOPPED' ? dropUnreachedStart(told) : told)

const isSame = (a: Experiment, b: Experiment) => JSON.stringify(a) === JSON.stringify(b)

/** The variants with assignments, by experiment. */
const readAssigned = async (db: Database): Promise<ReadonlyMap<string, readonly string[]>> => {
  const rows = await db
    .select({ key: assignedVariant.experimentKey, variant: assignedVariant.variant })
    .from(assignedVariant)
  const names = Map.groupBy(rows, ({ key }) => key)
  return new Map([...names].map(([key, each]) => [key, each.map(({ variant }) => variant)]))
}

const readFlagKeys = async (db: Database, keys: readonly string[]) => {
  const rows = await db
    .select({ key: featureFlag.key })
    .from(featureFlag)
    .where(inArray(featureFlag.key, sql`(SELECT value FROM json_each(${JSON.stringify(keys)}))`))
  return new Set(rows.map(({ key }) => key))
}

/** The size of the lists of all experiments after these steps. */
const countAllPeople = (
  current: ReadonlyMap<string, Experiment>,
  steps: readonly ExperimentStep[],
) =>
  Array.from(
    new Map([...current, ...steps.map(({ after }) => [after.key, after] as const)]).values(),
  )
    .filter(({ status }) => status !== 'STOPPED')
    .reduce((sum, each) => sum + countPeopleBytes(each), 0)

const NO_ROOM = `it is STOPPED, and ${MAX_EXPERIMENTS} experiments are not stopped here: no draft was made`

/** Puts steps into the order of the document, in which the answer lists them. */
const inOrder = (wanted: readonly TransferExperiment[], steps: readonly ExperimentStep[]) => {
  const places = new Map(wanted.map(({ key }, index) => [key, index]))
  return steps.toSorted((a, b) => (places.get(a.after.key) ?? 0) - (places.get(b.after.key) ?? 0))
}

const toDraft = (wanted: TransferExperiment, at: string): Experiment =>
  normalizeExperiment({
    key: wanted.key,
    ...toSettings(wanted),
    ...DRAFT_STATE,
    owner: wanted.owner ?? null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  })

/**
 * Compares the experiments with a document, and returns the steps, and the changes that the life cycle refuses. An
 * experiment that equals the document is no step, in any status.
 */
export const planExperiments = async (
  db: Database,
  wanted: readonly TransferExperiment[],
  now: Date,
): Promise<Plan> => {
  if (wanted.length === 0) return { steps: [], refusals: [], skipped: [] }
  const all = (await readAllExperiments(db)).map(dropUnreachedStartIfStopped)
  const current = new Map(all.map((each) => [each.key, each]))
  const assigned = await readAssigned(db)
  const keys = wanted.map(({ key }) => key)
  const flagKeys = await readFlagKeys(db, keys)
  const deleted = await deletedKeys(db)
  const steps: ExperimentStep[] = []
  /** Stopped experiments of another deployment, or of a backup: drafts only while there is room. */
  const stopped: ExperimentStep[] = []
  const refusals: Issue[] = []
  const skipped: SkippedExperiment[] = []
  for (const [index, each] of wanted.map(dropUnreachedStartIfStopped).entries()) {
    const refuse = (why: string) =>
      refusals.push({ path: `experiments.${index}`, message: `${each.key}: ${why}` })
    const before = current.get(each.key)
    if (flagKeys.has(each.key)) refuse('a flag has this key')
    else if (deleted.has(each.key)) skipped.push({ key: each.key, reason: KEY_WAS_DELETED })
    else if (!before && !isInOrder(each)) refuse(OUT_OF_ORDER)
    else if (!before && peopleProblem(each)) refuse(peopleProblem(each) ?? '')
    else if (!before)
      (each.status === 'STOPPED' ? stopped : steps).push({
        before: null,
        after: toDraft(each, now.toISOString()),
      })
    else {
      const settings = toSettings(each)
      if (isSame(normalizeExperiment({ ...before, ...settings }), before)) continue
      const decision = revise(before, settings, assigned.get(each.key) ?? [], now)
      if ('refused' in decision) refuse(decision.refused)
      else steps.push({ before, after: normalizeExperiment(decision.next) })
    }
  }
  const created = steps.filter(({ before }) => before === null).length
  const full = await findExperimentQuotaProblem(db, { open: created, listed: created })
  if (full !== undefined) refusals.push({ path: 'experiments', message: full })
  const room = Math.max(0, (await countExperimentRoom(db)) - created)
  const fitting = stopped.slice(0, room)
  steps.push(...fitting)
  for (const { after } of stopped.slice(room)) skipped.push({ key: after.key, reason: NO_ROOM })
  const bytes = countAllPeople(current, steps)
  if (bytes > MAX_PEOPLE_BYTES && bytes > countAllPeople(current, []))
    refusals.push({ path: 'experiments', message: describePeopleExcess(bytes) })
  return { steps: inOrder(wanted, steps), refusals, skipped }
}

export const toExperimentChange = ({ before, after }: ExperimentStep): ImportExperimentChange => ({
  key: after.key,
  status: after.status,
  before: before && toSettings(before),
  after: toSettings(after),
})
