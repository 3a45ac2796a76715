import { Hono } from 'hono'
import * as z from 'zod'
import { BreakGlassRequest, BreakGlassResponse } from '../../schema/break-glass.ts'
import { FlagKey } from '../../schema/flag.ts'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { bySecret } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { refuseUnknownQuery } from '../middleware/known-query.ts'
import { limitBreakGlass } from '../middleware/limits.ts'
import { getPublisher } from '../objects/stubs.ts'
import { operation, SECRETS } from '../openapi/operation.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { getSnapshotReader } from '../snapshot/isolate-reader.ts'

/** The Publisher itself waits at most half a second for D1. */
const DEADLINE_MS = 5_000

const ByKey = z.object({ key: FlagKey })

const switchOff = async (env: Env, key: string, comment: string) => {
  try {
    return await withDeadline(getPublisher(env).switchOff(key, comment), DEADLINE_MS)
  } catch (error) {
    console.error({ event: 'break_glass.failed', key, error: describeError(error) })
    throw unavailable('the Publisher does not answer: the flag may be off or not; try again')
  }
}

/**
 * Registered before `withActor`, to switch a flag off when Access or D1 is down and sign-in fails. It needs only this
 * Worker, the secret and the Publisher.
 */
export const breakGlassRoutes = new Hono<{ Bindings: Env }>().post(
  '/:key',
  operation('flags.breakGlass', {
    tag: 'Administration',
    summary:
      'Switches a flag off at once, even when D1 is down; needs the `ADMIN_TOKEN` secret. D1 and the audit follow by themselves',
    answers: { 200: BreakGlassResponse },
    errors: [400, 401, 404, 413, 415, 503],
    admits: SECRETS,
  }),
  limitBreakGlass,
  bySecret,
  refuseUnknownQuery,
  valid('param', ByKey),
  valid('json', BreakGlassRequest),
  async (c) => {
    const { key } = c.req.valid('param')
    const done = await switchOff(c.env, key, c.req.valid('json').comment)
    if (!done) throw new Problem('FLAG_NOT_FOUND', 'no flag of this key is published')
    const { version, changed, reconciled } = done
    await getSnapshotReader(c.env).current({ minVersion: version }, (work) =>
      c.executionCtx.waitUntil(work),
    )
    return c.json(
      { key, enabled: false, changed, snapshotVersion: version, published: true, reconciled },
      200,
    )
  },
)
