import { Hono } from 'hono'
import * as z from 'zod'
import { ExperimentKey } from '../../schema/experiment.ts'
import { Metrics, MetricsQuery } from '../../schema/metrics.ts'
import { metricsOf } from '../experiments/metrics.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem } from '../problem.ts'
import { openDatabase } from '../store/database.ts'
import { getExperiment } from '../store/experiments.ts'
import { countConflicts, readDayCounts } from '../store/metrics.ts'

const HOUR_MS = 3_600_000

const isoHour = (hour: number | undefined) =>
  hour === undefined ? null : new Date(hour * HOUR_MS).toISOString()

export const metricsRoutes = new Hono<AdminEnv>().get(
  '/:key/metrics',
  operation('experiments.metrics', {
    tag: 'Administration',
    summary: 'What an experiment has shown so far, and what may be concluded from it',
    answers: { 200: Metrics },
    errors: [400, 401, 403, 404, 503],
  }),
  valid('param', z.object({ key: ExperimentKey })),
  valid('query', MetricsQuery),
  async (c) => {
    const { key } = c.req.valid('param')
    const { from, to } = c.req.valid('query')
    const fromHour = from === undefined ? undefined : Math.floor(Date.parse(from) / HOUR_MS)
    const toHour = to === undefined ? undefined : Math.ceil(Date.parse(to) / HOUR_MS)
    const db = openDatabase(c.env.DB)
    const experiment = await getExperiment(db, key)
    if (!experiment) throw new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')
    const [days, conflicts] = await Promise.all([
      readDayCounts(db, key, fromHour, toHour),
      countConflicts(db, key, fromHour, toHour),
    ])
    const beside = { from: isoHour(fromHour), to: isoHour(toHour), conflicts }
    return c.json(metricsOf(experiment, days, beside), 200)
  },
)
