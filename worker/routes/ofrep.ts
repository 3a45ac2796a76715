import { Hono } from 'hono'
import {
  OfrepBulkResponse,
  OfrepRequest,
  OfrepSuccess,
  type EventStream,
  type OfrepFailure,
} from '../../schema/ofrep.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import {
  evaluate,
  evaluateAll,
  isShown,
  readSubject,
  type CompiledExperiment,
  type Subject,
} from '../evaluate/index.ts'
import type { Env } from '../env.ts'
import { readVariants } from '../participation/variants.ts'
import type { EvaluationEnv } from '../middleware/evaluation-key.ts'
import { evaluationHandler } from './evaluation-handler.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import type { LoadedSnapshot } from '../snapshot/reader.ts'
import { codesOf, describeOthers, toResult, writeResults } from '../snapshot/results.ts'
import { createEtag } from '../snapshot/etag.ts'
import { isModified } from '../http/etag.ts'

/** How long a hidden page keeps its stream, in seconds. */
const INACTIVITY_DELAY_SEC = 120

/** The stream of changes for a page, without the key in its URL. */
const toEventStream = ({ streamToken }: EvaluationKey): EventStream => ({
  type: 'sse',
  endpoint: { requestUri: `/v1/stream?token=${streamToken}` },
  inactivityDelaySec: INACTIVITY_DELAY_SEC,
})

/** A tester has the chosen variant. Who is left out gets the value of the control, and no variant. */
const toListedResult = (
  { key, variants: [control] }: CompiledExperiment,
  variant: string | undefined,
  leftOut: LeftOutReason,
): OfrepSuccess => ({
  key,
  value: variant ?? control?.name ?? '',
  reason: variant === undefined ? 'DEFAULT' : 'TARGETING_MATCH',
  ...(variant !== undefined && { variant }),
  metadata: { leftOut },
})

/** Evaluates running experiments as string flags. Records no assignment and no exposure. */
const evaluateExperiments = async (
  env: Env,
  experiments: Iterable<CompiledExperiment>,
  subject: Subject,
): Promise<(OfrepSuccess | OfrepFailure)[]> => {
  const now = Date.now()
  const shown = Array.from(experiments).filter((experiment) => isShown(experiment, subject, now))
  if (shown.length === 0) return []
  const { variants, reasons } = await readVariants(env, shown, subject)
  return shown.map((experiment) => {
    const { key } = experiment
    const variant = variants.get(key)
    const reason = reasons.get(key)
    if (reason) return toListedResult(experiment, variant ?? undefined, reason)
    return variant
      ? { key, value: variant, reason: 'SPLIT', variant }
      : {
          key,
          errorCode: 'TARGETING_KEY_MISSING',
          errorDetails: 'variants are assigned to users: send `targetingKey`',
        }
  })
}

/** Evaluates one flag or running experiment. */
const evaluateKey = async (
  key: string,
  { snapshot }: LoadedSnapshot,
  context: unknown,
  env: Env,
) => {
  const subject = readSubject(context)
  const flag = snapshot.flags.get(key)
  if (flag) return toResult(evaluate(flag, subject))
  const experiment = snapshot.experiments.get(key)
  const [result] = await evaluateExperiments(env, experiment ? [experiment] : [], subject)
  return result
}

export const ofrepRoutes = new Hono<EvaluationEnv>()
  .post(
    '/ofrep/v1/evaluate/flags/:key',
    evaluationHandler(
      'ofrep.evaluate',
      {
        tag: 'OFREP',
        summary: 'Evaluates one flag, with variant and reason',
        answers: { 200: OfrepSuccess },
        errors: [400, 401, 403, 404, 413, 415, 503],
        reads: ['flagConfigEtag'],
      },
      OfrepRequest,
      async ({ context }, { loaded }, c) => {
        const result = await evaluateKey(c.req.param('key') ?? '', loaded, context, c.env)
        if (!result)
          throw new Problem('FLAG_NOT_FOUND', 'no flag and no running experiment has this key')
        if ('errorCode' in result) throw new Problem(result.errorCode, result.errorDetails)
        return { text: JSON.stringify(result) }
      },
      (c) => ({ key: c.req.param('key') ?? '' }),
    ),
  )
  .post(
    '/ofrep/v1/evaluate/flags',
    evaluationHandler(
      'ofrep.evaluateAll',
      {
        tag: 'OFREP',
        summary:
          'Evaluates all flags for one context; answers 304 to `If-None-Match` when they are unchanged',
        answers: { 200: OfrepBulkResponse, 304: 'Not changed since the ETag that was sent' },
        reads: ['If-Changed', 'flagConfigEtag'],
        headers: ['ETag'],
      },
      OfrepRequest,
      async ({ context }, { loaded, key }, c) => {
        const { all, results: template, experiments } = loaded.snapshot
        const answers = evaluateAll(all, context)
        const codes = codesOf(answers)
        const variants = await evaluateExperiments(
          c.env,
          experiments.values(),
          readSubject(context),
        )
        const eventStreams = JSON.stringify([toEventStream(key)])
        const etag = createEtag(
          template.fingerprint,
          codes,
          JSON.stringify(variants) + eventStreams + describeOthers(answers),
        )
        if (!isModified(c.req.header('If-None-Match'), etag)) return { text: null, etag }
        const results = writeResults(template, answers, codes, variants)
        return { text: `{"flags":${results},"eventStreams":${eventStreams}}`, etag }
      },
    ),
  )
