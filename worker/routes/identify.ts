import { Hono } from 'hono'
import { IdentifyRequest, IdentifyResponse, UnguessableId } from '../../schema/identity.ts'
import { identify } from '../participation/identify.ts'
import { isCrawler } from '../middleware/crawlers.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/evaluation-key.ts'
import { refuseOtherUsers } from '../middleware/trusted-context.ts'
import { valid } from '../middleware/body.ts'
import { limitParticipation } from '../middleware/limits.ts'
import { signedClaims } from '../middleware/user-token.ts'
import { operation } from '../openapi/operation.ts'
import { Problem, unavailable } from '../http/problem.ts'

/** The token signs the user id only, so a guessed anonymous id could claim the variants of another user. */
const refuseGuessable = (anonymousId: string) => {
  if (UnguessableId.safeParse(anonymousId).success) return
  const message = 'with this key, send a random UUID: crypto.randomUUID()'
  throw new Problem('INVALID_REQUEST', `anonymousId: ${message}`, {
    issues: [{ path: 'anonymousId', message }],
  })
}

export const identifyRoutes = new Hono<EvaluationEnv>().post(
  '/v1/identify',
  operation('identify', {
    tag: 'Evaluation',
    summary:
      'Merges an anonymous id into a user at sign-in: the user keeps its variants, and both count as one',
    answers: { 200: IdentifyResponse },
    errors: [400, 401, 403, 409, 413, 415, 503],
  }),
  withSnapshot,
  limitParticipation,
  valid('json', IdentifyRequest),
  async (c) => {
    const { isBot, ...ids } = c.req.valid('json')
    const signed = await signedClaims(c, c.var.key)
    if (signed) {
      refuseOtherUsers(signed, [ids.userId])
      refuseGuessable(ids.anonymousId)
    }
    const { snapshot } = c.var.loaded
    if (isBot === true || isCrawler(c))
      return c.json(
        {
          variants: {},
          conflicts: [],
          version: snapshot.version,
          reason: 'CRAWLER',
        } satisfies IdentifyResponse,
        200,
      )
    const answer = await identify(c.env, snapshot, ids)
    if (answer.outcome === 'refused') throw new Problem('CONFLICT', answer.reason)
    if (answer.outcome === 'unavailable')
      throw unavailable('not everything could be made durable: ask again until it is')
    const { variants, conflicts, version } = answer
    return c.json({ variants, conflicts, version } satisfies IdentifyResponse, 200)
  },
)
