import type { Context } from 'hono'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'

/**
 * Refuses a page of another origin than the key is for. Browsers put `Origin` on every request to another origin, and
 * pages cannot change it; what is no browser sends what it likes, or nothing: this binds pages and nobody else.
 */
export const refuseOtherOrigins = (c: Context, { client }: EvaluationKey): void => {
  if (client === undefined || client.origins.length === 0) return
  const origin = c.req.header('Origin')
  if (origin !== undefined && !client.origins.includes(origin))
    throw new Problem('FORBIDDEN', 'this key is not for pages of this origin')
}
