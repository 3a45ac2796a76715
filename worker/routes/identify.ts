import { Hono } from 'hono'
import { IdentifyRequest, IdentifyResponse } from '../../schema/identity.ts'
import { identify } from '../experiments/identify.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/admit.ts'
import { valid } from '../middleware/body.ts'
import { limitParticipation } from '../middleware/limits.ts'
import { signedClaims } from '../middleware/user-token.ts'
import { operation } from '../openapi/operation.ts'
import { Problem, unavailable } from '../problem.ts'

export const identifyRoutes = new Hono<EvaluationEnv>().post(
  '/v1/identify',
  operation('identify', {
    tag: 'Evaluation',
    summary:
      'Someone signed in: the user goes on with the variants of the anonymous person, and both count as one',
    answers: { 200: IdentifyResponse },
    errors: [400, 401, 403, 409, 413, 415, 503],
  }),
  withSnapshot,
  limitParticipation,
  valid('json', IdentifyRequest),
  async (c) => {
    const ids = c.req.valid('json')
    const signed = await signedClaims(c, c.var.key)
    if (signed && signed.sub !== ids.userId)
      throw new Problem('FORBIDDEN', 'userId is not the one whom the user token names')
    const answer = await identify(c.env, c.var.held.snapshot, ids)
    if (answer.outcome === 'refused') throw new Problem('CONFLICT', answer.reason)
    if (answer.outcome === 'unavailable')
      throw unavailable('not everything could be made durable: ask again until it is')
    const { variants, conflicts, version } = answer
    return c.json({ variants, conflicts, version } satisfies IdentifyResponse, 200)
  },
)
