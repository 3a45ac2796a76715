import type { Context } from 'hono'
import { matchesOrigin } from '../../schema/origin.ts'
import { Problem } from '../http/problem.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'

/**
 * Refuses a page whose origin is not on the key's list. Browsers set `Origin` on every cross-origin request and pages
 * cannot change it. Other programs can send any origin, so the list restricts pages only.
 */
export const refuseOtherOrigins = (c: Context, { client }: EvaluationKey): void => {
  if (client === undefined || client.origins.length === 0) return
  const origin = c.req.header('Origin')
  if (origin !== undefined && !client.origins.some((listed) => matchesOrigin(listed, origin)))
    throw new Problem('FORBIDDEN', 'this key is not for pages of this origin')
}
