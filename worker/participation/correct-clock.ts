/** The clock of a client that does not send `sentAt` may be this much ahead, in milliseconds. */
const CLOCK_TOLERANCE_MS = 5 * 60_000

/** A client's times for a row. All instants are in epoch milliseconds. */
export type ClientTime = {
  /** When it happened, by the client's clock. */
  readonly ts?: number | undefined
  /** When the client sent it, by the same clock. */
  readonly sentAt?: number | undefined
}

/**
 * When a row happened by the service's clock; undefined when that is in the future. A device's clock may be wrong by
 * minutes, and a booking that a server reports would then come before the exposure it belongs to. With `sentAt` the
 * difference of the clocks is known, and what is left in the future counts as now.
 */
export const correctClock = (
  { ts, sentAt }: ClientTime,
  receivedAt: number,
): number | undefined => {
  if (ts === undefined) return receivedAt
  if (sentAt === undefined) return ts > receivedAt + CLOCK_TOLERANCE_MS ? undefined : ts
  return Math.max(0, Math.min(receivedAt, ts + receivedAt - sentAt))
}
