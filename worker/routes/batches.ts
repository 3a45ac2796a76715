import { Hono, type Context } from 'hono'
import type { Variant } from '../../schema/experiment.ts'
import {
  BatchResponse,
  EventBatch,
  Exposure,
  ExposureBatch,
  TrackingEvent,
  WellFormedEvents,
  WellFormedExposures,
} from '../../schema/participation.ts'
import {
  bucketVariant,
  findLeftOutReason,
  isDecidedByBucket,
  readSubject,
  type CompiledExperiment,
} from '../evaluate/index.ts'
import { judgeInstant, type RowTime } from '../experiments/late-rows.ts'
import { recordRows, type RecordOutcome } from '../participation/record-rows.ts'
import { countRows } from '../middleware/report-row-counts.ts'
import { isCrawler } from '../middleware/crawlers.ts'
import { requireSnapshot, withSnapshot, type EvaluationEnv } from '../middleware/evaluation-key.ts'
import { valid } from '../middleware/body.ts'
import { limitParticipation } from '../middleware/limits.ts'
import { signedClaims } from '../middleware/user-token.ts'
import { operation } from '../openapi/operation.ts'
import { oldestAccepted } from '../store/retention.ts'
import type { CompiledSnapshot } from '../snapshot/parse.ts'
import { countEvents, countExposures } from './batch-counts.ts'
import { readItems, type Item, type Timed } from './batch-items.ts'
import { summarizeBatch } from './batch-summary.ts'

const errors = [400, 401, 403, 413, 415, 503]

/** Refuses what is older than what is kept: when its like was deleted, nothing would tell that it was counted. */
const refuseTooOld = (items: readonly Item<{ at: number }>[], oldest: number) => {
  for (const item of items) if (item.row && item.row.at < oldest) item.outcome = 'TOO_OLD'
}

/** Refuses rows of another user than the signed one, where a key requires a signed user. */
const refuseUnsigned = async (
  c: Context<EvaluationEnv>,
  items: readonly Item<{ userId: string }>[],
) => {
  const signed = await signedClaims(c, c.var.key)
  for (const item of items)
    if (signed && item.row && item.row.userId !== signed.sub) item.outcome = 'USER_MISMATCH'
}

/** Leaves rows of crawlers out: all of a crawler's request, or those that say `isBot`. */
const leaveCrawlersOut = (
  c: Context<EvaluationEnv>,
  items: readonly Item<{ isBot?: boolean | undefined }>[],
) => {
  const isFromCrawler = isCrawler(c)
  for (const item of items)
    if (item.row && (isFromCrawler || item.row.isBot === true)) item.outcome ??= 'CRAWLER'
}

/** Hands every user's rows to `send`, all users at once, and notes what became of each row on its item. */
const sendByUser = async <Row extends Timed>(
  items: readonly Item<Row>[],
  send: (userId: string, rows: readonly Row[]) => Promise<readonly RecordOutcome[]>,
): Promise<void> => {
  const sendable = items.flatMap((item) =>
    item.row && !item.outcome ? [{ item, row: item.row }] : [],
  )
  await Promise.all(
    Array.from(
      Map.groupBy(sendable, ({ row }) => row.userId),
      async ([userId, group]) => {
        const outcomes = await send(
          userId,
          group.map(({ row }) => row),
        )
        for (const [index, { item }] of group.entries())
          item.outcome = outcomes[index] ?? 'UNAVAILABLE'
      },
    ),
  )
}

/** The bucket's variant by the variants of a run, which may be others than today's. */
const bucketAt = (experiment: CompiledExperiment, variants: readonly Variant[], userId: string) => {
  const weights = variants.map(({ weight }) => weight)
  return bucketVariant({ ...experiment, variants: [...variants], weights }, readSubject({ userId }))
}

/** A signed-in user may have another variant than the bucket, so an exposure counts as one of theirs. */
const ANY_USER = { isAnonymous: false }

/** The data that the user's object needs to judge an exposure. */
const judgeable =
  ({ experiments }: CompiledSnapshot, now: number) =>
  (row: Exposure & RowTime) => {
    const { id, experimentKey, userId, variant, at } = row
    const experiment = experiments.get(experimentKey)
    const run = experiment && judgeInstant(experiment, row, now)
    const isRun = experiment && typeof run === 'object' && run !== null
    return {
      id,
      experimentKey,
      userId,
      variant,
      at,
      bucketVariant: isRun ? bucketAt(experiment, run.variants, userId) : null,
      isBucketed: experiment?.isBucketed ?? false,
      isCertain: experiment !== undefined && isDecidedByBucket(experiment, ANY_USER),
      ...(isRun && { phase: run.phase }),
    }
  }

/** Judges exposures by a snapshot, and hands those that may count to the users' objects. */
const recordExposures = async (
  c: Context<EvaluationEnv>,
  items: readonly Item<Exposure & RowTime>[],
  snapshot: CompiledSnapshot,
  now: number,
) => {
  for (const item of items) {
    if (!item.row) continue
    const experiment = snapshot.experiments.get(item.row.experimentKey)
    const leftOut = experiment && findLeftOutReason(experiment, item.row.userId)
    if (!experiment) item.outcome ??= 'EXPERIMENT_NOT_FOUND'
    else if (leftOut) item.outcome ??= leftOut
    else if (judgeInstant(experiment, item.row, now) === 'BEFORE_LAUNCH')
      item.outcome ??= 'BEFORE_LAUNCH'
  }
  await sendByUser(items, (userId, rows) =>
    recordRows(c.env, { userId, exposures: rows.map(judgeable(snapshot, now)), events: [] }),
  )
}

/** How fresh a snapshot must be to refuse an exposure: its experiment may just have been launched, or reweighted. */
const REFUSAL_AGE_MS = 1_000

/** Items that a newer snapshot may accept. A STOPPED experiment never assigns again. */
const isRefusedBy =
  ({ experiments }: CompiledSnapshot) =>
  ({ row, outcome }: Item<Exposure>) =>
    outcome === 'EXPERIMENT_NOT_FOUND' ||
    outcome === 'BEFORE_LAUNCH' ||
    (outcome === 'VARIANT_MISMATCH' &&
      row !== undefined &&
      experiments.get(row.experimentKey)?.status !== 'STOPPED')

/** Judges what this snapshot refused by a fresher one, if there is one. */
const reconsider = async (
  c: Context<EvaluationEnv>,
  items: readonly Item<Exposure & RowTime>[],
  snapshot: CompiledSnapshot,
  now: number,
) => {
  const refused = items.filter(isRefusedBy(snapshot))
  if (refused.length === 0) return
  const fresh = (await requireSnapshot(c, { maxAgeMs: REFUSAL_AGE_MS })).snapshot
  if (fresh === snapshot) return
  for (const item of refused) delete item.outcome
  await recordExposures(c, refused, fresh, now)
}

export const batchRoutes = new Hono<EvaluationEnv>()
  .post(
    '/v1/exposures',
    operation('exposures.log', {
      tag: 'Evaluation',
      summary: 'Logs that users saw their variants; a repeated id counts nothing twice',
      answers: { 202: BatchResponse },
      errors,
    }),
    withSnapshot,
    limitParticipation,
    valid('json', ExposureBatch, WellFormedExposures),
    async (c) => {
      const now = Date.now()
      const { exposures, sentAt } = c.req.valid('json')
      const items = readItems(Exposure, exposures, sentAt, now)
      await refuseUnsigned(c, items)
      refuseTooOld(items, oldestAccepted(c.env, now))
      leaveCrawlersOut(c, items)
      const { snapshot } = c.var.loaded
      await recordExposures(c, items, snapshot, now)
      await reconsider(c, items, snapshot, now)
      countRows(c, countExposures(items, exposures, c.var.loaded.snapshot.experiments, now))
      return c.json(summarizeBatch(items), 202)
    },
  )
  .post(
    '/v1/events',
    operation('events.log', {
      tag: 'Evaluation',
      summary:
        'Logs what users did, such as `booking.confirmed`; a repeated id counts nothing twice',
      answers: { 202: BatchResponse },
      errors,
    }),
    withSnapshot,
    limitParticipation,
    valid('json', EventBatch, WellFormedEvents),
    async (c) => {
      const now = Date.now()
      const { events: sent, sentAt } = c.req.valid('json')
      const items = readItems(TrackingEvent, sent, sentAt, now)
      await refuseUnsigned(c, items)
      refuseTooOld(items, oldestAccepted(c.env, now))
      leaveCrawlersOut(c, items)
      await sendByUser(items, (userId, rows) => {
        const events = rows.map(({ id, type, at, spanMs }) => ({
          id,
          type,
          userId,
          at,
          ...(spanMs > 0 && { spanMs }),
        }))
        return recordRows(c.env, { userId, exposures: [], events })
      })
      countRows(c, countEvents(items))
      return c.json(summarizeBatch(items), 202)
    },
  )
