import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { ExperimentKey, type Experiment } from '../../schema/experiment.ts'
import { Metrics, MetricsCsvQuery, MetricsQuery } from '../../schema/metrics.ts'
import type { DayCounts } from '../experiments/day-counts.ts'
import { listPhases } from '../experiments/history.ts'
import { computeMetrics } from '../experiments/metrics.ts'
import { listZoneDays } from '../experiments/zone-days.ts'
import { writeDaysCsv, writeSummaryCsv } from '../experiments/results-csv.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem } from '../http/problem.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { getExperiment } from '../store/experiments.ts'
import { readHistory } from '../store/history.ts'
import { countLeftOut, readLeftOutLater } from '../store/left-out.ts'
import { countConflicts, readDayCounts, readZoneDayCounts } from '../store/metrics.ts'

const QUARTER_MS = 900_000
const DAY_QUARTERS = 96

type Query = z.infer<typeof MetricsQuery>

/** Rounds down to the quarter of an hour, `from` and `to` alike: neighbouring ranges never overlap. */
const toQuarter = (at: string | undefined) =>
  at === undefined ? undefined : Math.floor(Date.parse(at) / QUARTER_MS)

const isoQuarter = (quarter: number | undefined) =>
  quarter === undefined ? null : new Date(quarter * QUARTER_MS).toISOString()

const ByKey = z.object({ key: ExperimentKey })

/**
 * Reads the baseline of a query. The first variant is the control, so it is no exploration.
 *
 * @throws Problem INVALID_REQUEST when the experiment has no such variant
 */
const readBaseline = ({ variants }: Experiment, name: string | undefined): string | undefined => {
  const index = variants.findIndex((variant) => variant.name === name)
  if (name === undefined || index === 0) return undefined
  if (index > 0) return name
  const message = 'the experiment has no variant of this name'
  throw new Problem('INVALID_REQUEST', `baseline: ${message}`, {
    issues: [{ path: 'baseline', message }],
  })
}

type Counted = {
  readonly days: readonly DayCounts[]
  readonly from: number | undefined
  readonly to: number | undefined
}

/** Lists the days of a zone that have counts, cut to the range. */
const listRanges = (zone: string, { days, from = 0, to = Number.POSITIVE_INFINITY }: Counted) => {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return []
  const start = Math.max(from, first.day * DAY_QUARTERS)
  const end = Math.min(to, (last.day + 1) * DAY_QUARTERS)
  return listZoneDays(zone, start, end).map(({ day, ...range }) => ({
    day,
    from: Math.max(start, range.from),
    until: Math.min(end, range.until),
  }))
}

/** Reads the counts by the days of a zone, since the last new start. */
const readZoneDays = (db: Database, key: string, zone: string, counted: Counted) =>
  readZoneDayCounts(db, key, listRanges(zone, counted))

/** Reads what an experiment has shown in the quarters of an hour that the query names. */
const readMetrics = async (c: Context<AdminEnv>, key: string, query: Query): Promise<Metrics> => {
  const [from, to] = [toQuarter(query.from), toQuarter(query.to)]
  const now = new Date()
  const db = openDatabase(c.env.DB)
  const experiment = await getExperiment(db, key)
  if (!experiment) throw new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')
  const baseline = readBaseline(experiment, query.baseline)
  const [days, conflicts, leftOut, leftOutLater, history] = await Promise.all([
    readDayCounts(db, key, from, to, now),
    countConflicts(db, key, from, to),
    countLeftOut(db, key, from, to),
    readLeftOutLater(db, key, now),
    readHistory(db, key),
  ])
  const phases = listPhases(history)
  const scope = {
    from: isoQuarter(from),
    to: isoQuarter(to),
    conflicts,
    ...(leftOut && { leftOut }),
    leftOutLater,
    ...(baseline !== undefined && { baseline }),
    ...(phases.length > 0 && { phases }),
  }
  const metrics = computeMetrics(experiment, days, scope, now)
  const { zone } = query
  return zone === undefined
    ? metrics
    : { ...metrics, zone, days: await readZoneDays(db, key, zone, { days, from, to }) }
}

const CSVS = {
  variant: { suffix: '', write: writeSummaryCsv },
  day: { suffix: '-by-day', write: writeDaysCsv },
} as const

export const metricsRoutes = new Hono<AdminEnv>()
  .get(
    '/:key/metrics',
    operation('experiments.metrics', {
      tag: 'Administration',
      summary: 'What an experiment has shown so far, and what may be concluded from it',
      answers: { 200: Metrics },
      errors: [400, 401, 403, 404, 503],
    }),
    valid('param', ByKey),
    valid('query', MetricsQuery),
    async (c) => c.json(await readMetrics(c, c.req.valid('param').key, c.req.valid('query')), 200),
  )
  .get(
    '/:key/metrics.csv',
    operation('experiments.metricsCsv', {
      tag: 'Administration',
      summary: 'The same for a spreadsheet, in which no text of ours runs as a formula',
      answers: { 200: { mediaType: 'text/csv', description: 'As RFC 4180 has it, in UTF-8' } },
      headers: ['Content-Disposition'],
      errors: [400, 401, 403, 404, 503],
    }),
    valid('param', ByKey),
    valid('query', MetricsCsvQuery),
    async (c) => {
      const { key } = c.req.valid('param')
      const { by, ...query } = c.req.valid('query')
      const { suffix, write } = CSVS[by]
      const csv = write(await readMetrics(c, key, query))
      return c.body(csv, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="${key}${suffix}.csv"`,
      })
    },
  )
