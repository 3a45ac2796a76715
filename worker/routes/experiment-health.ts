import { Hono } from 'hono'
import * as z from 'zod'
import { ExperimentHealth } from '../../schema/experiment-health.ts'
import { ExperimentKey } from '../../schema/experiment.ts'
import { summarizeHealth } from '../experiments/health.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { describeError } from '../lib/describe-error.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { getPublisher } from '../objects/stubs.ts'
import { operation } from '../openapi/operation.ts'
import { flushRowCounts } from '../middleware/report-row-counts.ts'
import { openDatabase } from '../store/database.ts'
import { getExperiment } from '../store/experiments.ts'
import type { Env } from '../env.ts'

const DEADLINE_MS = 5_000

/** Reads the counts from the Publisher. Those of this isolate are reported first: an admin sees the own attempts. */
const readCounts = async (env: Env, key: string) => {
  await flushRowCounts(env)
  try {
    return await withDeadline((async () => getPublisher(env).readRowCounts(key))(), DEADLINE_MS)
  } catch (error) {
    console.warn({ event: 'row_counts.unread', error: describeError(error) })
    throw unavailable('the Publisher does not answer, which has these counts')
  }
}

export const experimentHealthRoutes = new Hono<AdminEnv>().get(
  '/:key/health',
  operation('experiments.health', {
    tag: 'Administration',
    summary: 'Estimates of what became of exposures and events in the last 24 hours',
    answers: { 200: ExperimentHealth },
    errors: [400, 401, 403, 404, 503],
  }),
  valid('param', z.object({ key: ExperimentKey })),
  async (c) => {
    const { key } = c.req.valid('param')
    if (!(await getExperiment(openDatabase(c.env.DB), key)))
      throw new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')
    const { since, ...counts } = await readCounts(c.env, key)
    return c.json(summarizeHealth(key, counts, since), 200)
  },
)
