import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { unavailable } from '../http/problem.ts'
import { describeRoute } from './errors.ts'
import { getRequestId } from './request-id.ts'

/** Longer than any request that succeeds: the removal of a user may take 15 s. */
export const ADMIN_DEADLINE_MS = 25_000

/**
 * Answers an admin when D1 is slow. The work goes on, because a transaction cannot be stopped: it may still commit, and
 * is then published as usual.
 */
export const enforceAdminDeadline = createMiddleware<{ Bindings: Env }>(
  async function enforceAdminDeadline(c, next) {
    let isDone = false
    const work = next().finally(() => (isDone = true))
    c.executionCtx.waitUntil(work)
    try {
      await withDeadline(work, ADMIN_DEADLINE_MS)
    } catch (error) {
      if (isDone) throw error
      console.error({
        event: 'request.late',
        requestId: getRequestId(c),
        route: describeRoute(c),
        seconds: ADMIN_DEADLINE_MS / 1_000,
      })
      throw unavailable(
        'the database does not answer: what you asked for may be done or not. Look, then try again; with `If-Match` nothing is done twice',
      )
    }
  },
)
