import { Hono } from 'hono'
import {
  OfrepBulkResponse,
  OfrepRequest,
  OfrepSuccess,
  type OfrepFailure,
} from '../../schema/ofrep.ts'
import { evaluate, readSubject, type Evaluation } from '../evaluate/index.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { respondWithError } from '../middleware/errors.ts'
import { Problem } from '../problem.ts'
import { streamTokenOf } from '../snapshot/parse.ts'
import { operation } from '../openapi/operation.ts'
import { etagOf, isNoneMatch } from './etag.ts'

/** How long a hidden page keeps its stream, in seconds. */
const INACTIVITY_DELAY_SEC = 120

const errorDetails = {
  TARGETING_KEY_MISSING: 'the flag is rolled out to a share of users: send `targetingKey`',
  PARSE_ERROR: 'the stored flag cannot be read',
} as const

const toResult = ({
  key,
  value,
  reason,
  variant,
  errorCode,
}: Evaluation): OfrepSuccess | OfrepFailure =>
  errorCode
    ? { key, errorCode, errorDetails: errorDetails[errorCode] }
    : { key, value, reason, variant }

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
    (c) => {
      const flag = c.var.held.snapshot.flags.get(c.req.param('key'))
      if (!flag) throw new Problem('FLAG_NOT_FOUND', 'no flag has this key')
      const result = toResult(evaluate(flag, readSubject(c.req.valid('json').context)))
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
      const subject = readSubject(c.req.valid('json').context)
      const requestUri = `/v1/stream?token=${streamTokenOf(c.var.key)}`
      const text = JSON.stringify({
        flags: Array.from(c.var.held.snapshot.flags.values(), (flag) =>
          toResult(evaluate(flag, subject)),
        ),
        eventStreams: [
          { type: 'sse', endpoint: { requestUri }, inactivityDelaySec: INACTIVITY_DELAY_SEC },
        ],
      } satisfies OfrepBulkResponse)
      const etag = await etagOf(text)
      c.header('ETag', etag)
      if (!isNoneMatch(c.req.header('If-None-Match'), etag)) return c.body(null, 304)
      return c.body(text, 200, { 'Content-Type': 'application/json' })
    },
  )
