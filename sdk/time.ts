const MAX_PAUSE_MS = 60_000

/** Whether something is that young; not when the clock was set back since. */
export const isYoung = (ageMs: number, maxMs: number): boolean => ageMs >= 0 && ageMs < maxMs

/** How long to wait after that many failures: twice as long each time, and not for all clients alike. */
export const pauseAfter = (failures: number, random: () => number, firstMs = 1_000): number =>
  Math.min(MAX_PAUSE_MS, firstMs * 2 ** failures) * (0.5 + random() / 2)
