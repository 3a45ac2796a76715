import type { Metrics } from '../../schema/metrics.ts'
import { json, send, VIEWER } from './api.ts'
import { drain, pass } from './experiments.ts'

/** Waits until the users' objects have sent all rows to D1. */
export const settle = async (...userIds: readonly string[]) => {
  for (const userId of userIds) while (await drain(userId)) pass(60_000)
}

/** The counts of the results page: conflicts, and users, exposures, exposed users and bookings of each variant. */
export const readResults = async (key: string) => {
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
