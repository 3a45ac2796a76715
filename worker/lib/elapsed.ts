/**
 * The milliseconds since an instant. A clock that was set back puts the instant in the future; the result is then
 * infinite, because nothing that was noted by the old clock can be trusted to be recent.
 */
export const elapsedSince = (at: number, now = Date.now()): number =>
  now < at ? Number.POSITIVE_INFINITY : now - at
