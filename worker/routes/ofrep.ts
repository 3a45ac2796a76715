import { Hono } from 'hono'
import {
  OfrepBulkResponse,
  OfrepRequest,
  OfrepSuccess,
  type EventStream,
  type OfrepFailure,
} from '../../schema/ofrep.ts'
import {
  evaluate,
  evaluateAll,
  isActive,
  readSubject,
  type CompiledExperiment,
  type Subject,
} from '../evaluate/index.ts'
import type { Env } from '../env.ts'
import { variantsOf } from '../experiments/participate.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { respondWithError } from '../middleware/errors.ts'
import { Problem } from '../problem.ts'
import { operation } from '../openapi/operation.ts'
import { codesOf, tagOf, toResult, writeResults } from '../snapshot/results.ts'
import { isNoneMatch } from './etag.ts'

/** How long a hidden page keeps its stream, in seconds. */
const INACTIVITY_DELAY_SEC = 120

/** Running experiments as flags whose value is the variant's name. Evaluating assigns nobody and exposes nothing. */
const experimentResults = async (
  env: Env,
  experiments: Iterable<CompiledExperiment>,
  subject: Subject,
): Promise<(OfrepSuccess | OfrepFailure)[]> => {
  const now = Date.now()
  const active = Array.from(experiments).filter((experiment) => isActive(experiment, now))
  const variants =
    active.length === 0 ? new Map<string, null>() : await variantsOf(env, active, subject)
  return active.map(({ key }) => {
    const variant = variants.get(key)
    return variant
      ? { key, value: variant, reason: 'SPLIT', variant }
      : {
          key,
          errorCode: 'TARGETING_KEY_MISSING',
          errorDetails: 'variants are assigned to users: send `targetingKey`',
        }
  })
}

export const ofrepRoutes = new Hono<EvaluationEnv>()
  .onError((error, c) => {
    const key = c.req.param('key')
    return respondWithError(error, c, key === undefined ? {} : { key })
  })
  .post(
    '/ofrep/v1/evaluate/flags/:key',
    operation('ofrep.evaluate', {
      tag: 'OFREP',
      summary: 'One flag, with its variant and the reason',
      answers: { 200: OfrepSuccess },
      errors: [400, 401, 404, 413, 415, 503],
    }),
    withSnapshot,
    valid('json', OfrepRequest),
    async (c) => {
      const { flags, experiments } = c.var.held.snapshot
      const subject = readSubject(c.req.valid('json').context)
      const flag = flags.get(c.req.param('key'))
      const experiment = experiments.get(c.req.param('key'))
      const [result] = flag
        ? [toResult(evaluate(flag, subject))]
        : await experimentResults(c.env, experiment ? [experiment] : [], subject)
      if (!result)
        throw new Problem('FLAG_NOT_FOUND', 'no flag and no running experiment has this key')
      if ('errorCode' in result) throw new Problem(result.errorCode, result.errorDetails)
      return c.json(result, 200)
    },
  )
  .post(
    '/ofrep/v1/evaluate/flags',
    operation('ofrep.evaluateAll', {
      tag: 'OFREP',
      summary:
        'All flags for one context; `If-None-Match` answers 304 when they are the same as before',
      answers: { 200: OfrepBulkResponse, 304: 'Not changed since the ETag that was sent' },
    }),
    withSnapshot,
    valid('json', OfrepRequest),
    async (c) => {
      const { context } = c.req.valid('json')
      const { all, results: template, experiments } = c.var.held.snapshot
      const codes = codesOf(evaluateAll(all, context))
      const variants = await experimentResults(c.env, experiments.values(), readSubject(context))
      const eventStreams: EventStream[] = [
        {
          type: 'sse',
          endpoint: { requestUri: `/v1/stream?token=${c.var.key.streamToken}` },
          inactivityDelaySec: INACTIVITY_DELAY_SEC,
        },
      ]
      const etag = tagOf(template, codes, JSON.stringify({ variants, eventStreams }))
      if (!isNoneMatch(c.req.header('If-None-Match'), etag))
        return c.body(null, 304, { ETag: etag })
      const results = writeResults(template, codes, variants)
      return c.body(`{"flags":${results},"eventStreams":${JSON.stringify(eventStreams)}}`, 200, {
        'Content-Type': 'application/json',
        ETag: etag,
      })
    },
  )
