import { isbot } from 'isbot'
import type { Context } from 'hono'
import type { EvaluationEnv } from './evaluation-key.ts'

/** How the user agents of browsers begin, and of crawlers that load pages. */
const BROWSER = 'Mozilla/'

/**
 * Whether a known crawler sends the request, by the list of isbot. It takes about 7 µs, so only routes that record rows
 * ask. Programs with another user agent are apps: isbot also lists curl, okhttp and the HTTP clients of servers. A server
 * key speaks for its visitors and says `isBot` in the context.
 */
export const isCrawler = (c: Context<EvaluationEnv>): boolean => {
  if (c.var.key.kind !== 'client') return false
  const userAgent = c.req.raw.headers.get('User-Agent')
  return userAgent !== null && userAgent.startsWith(BROWSER) && isbot(userAgent)
}
