import type { Metrics } from '../../schema/metrics.ts'
import { json, send, VIEWER } from './api.ts'
import { drain, pass } from './experiments.ts'

/** Lets the users' objects send all that they hold to D1, however long that takes. */
export const settle = async (...userIds: readonly string[]) => {
  for (const userId of userIds) while (await drain(userId)) pass(60_000)
}

/** What the results page is made of: conflicts, and users, exposures, exposed users and bookings of each variant. */
export const resultsOf = async (key: string) => {
  const { conflicts, variants } = await json<Metrics>(
    send('GET', `/api/experiments/${key}/metrics`, { as: VIEWER }),
  )
  const counts = Object.fromEntries(
    variants.map((each) => [
      each.name,
      [each.assignments, each.exposures, each.exposedUsers, each.conversions],
    ]),
  )
  return { conflicts, counts }
}
