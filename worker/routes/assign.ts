import { Hono, type Context } from 'hono'
import type { EvaluationContext } from '../../schema/context.ts'
import { AssignRequest, AssignResponse, VariantResponse } from '../../schema/participation.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import { bucketVariant, findListedVariant, isActive, readSubject } from '../evaluate/index.ts'
import { countExposure } from '../experiments/row-counts.ts'
import { isCrawler } from '../middleware/crawlers.ts'
import { countRows } from '../middleware/report-row-counts.ts'
import { assignVariant, readVariants } from '../participation/variants.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/evaluation-key.ts'
import { getTrustedContext } from '../middleware/trusted-context.ts'
import { valid } from '../middleware/body.ts'
import { limitParticipation } from '../middleware/limits.ts'
import { operation } from '../openapi/operation.ts'
import { Problem } from '../http/problem.ts'

const errors = [400, 401, 403, 404, 413, 415, 503]

/** The experiment in the path, and the subject of the request. */
const loadRequest = async (c: Context<EvaluationEnv>, key: string, context: EvaluationContext) => {
  const subject = readSubject(await getTrustedContext(c, c.var.key, context))
  const { userId, members } = subject
  if (userId === undefined)
    throw new Problem(
      'TARGETING_KEY_MISSING',
      'send a userId (or targetingKey): variants are assigned to users',
    )
  const experiment = c.var.loaded.snapshot.experiments.get(key)
  if (!experiment) throw new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')
  const now = Date.now()
  const listed = findListedVariant(experiment, subject, now)
  return {
    subject,
    userId,
    experiment,
    listed,
    isRunning: isActive(experiment, now),
    // Everyone may say this: it only keeps rows out.
    saysBot: context['isBot'] === true || members['isBot'] === true,
  }
}

/** Answers a user who counts in no result. Nothing is recorded. */
const answerLeftOut = (
  c: Context<EvaluationEnv>,
  key: string,
  answer: { readonly variant: string | null; readonly reason: LeftOutReason },
) => {
  countRows(c, (counts) => countExposure(counts, key, answer.reason))
  return c.json<AssignResponse>({ ...answer, isNew: false }, 200)
}

export const assignRoutes = new Hono<EvaluationEnv>()
  .post(
    '/v1/experiments/:key/assign',
    operation('experiments.assign', {
      tag: 'Evaluation',
      summary:
        "Returns the user's variant; the first request assigns it for good and records the exposure",
      answers: { 200: AssignResponse },
      errors,
    }),
    withSnapshot,
    limitParticipation,
    valid('json', AssignRequest),
    async (c) => {
      const { subject, userId, experiment, listed, isRunning, saysBot } = await loadRequest(
        c,
        c.req.param('key'),
        c.req.valid('json').context,
      )
      const { key } = experiment
      if (listed) return answerLeftOut(c, key, listed)
      if (isRunning && (saysBot || isCrawler(c)))
        return answerLeftOut(c, key, {
          variant: bucketVariant(experiment, subject),
          reason: 'CRAWLER',
        })
      const answer: AssignResponse = isRunning
        ? await assignVariant(c.env, experiment, subject, userId)
        : { variant: null, isNew: false }
      return c.json(answer, 200)
    },
  )
  .post(
    '/v1/experiments/:key/variant',
    operation('experiments.getVariant', {
      tag: 'Evaluation',
      summary:
        "Returns the user's variant, or null when the experiment is not running; records nothing",
      answers: { 200: VariantResponse },
      errors,
    }),
    withSnapshot,
    valid('json', AssignRequest),
    async (c) => {
      const { subject, experiment, listed, isRunning } = await loadRequest(
        c,
        c.req.param('key'),
        c.req.valid('json').context,
      )
      if (listed) return c.json<VariantResponse>(listed, 200)
      if (!isRunning) return c.json<VariantResponse>({ variant: null }, 200)
      const { variants, isSticky } = await readVariants(c.env, [experiment], subject)
      const variant = variants.get(experiment.key) ?? null
      const answer: VariantResponse = isSticky ? { variant } : { variant, sticky: false }
      return c.json(answer, 200)
    },
  )
