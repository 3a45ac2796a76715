/** The steps of a careful rollout: each about doubles who is affected, so trouble shows while it is small. */
export const ROLLOUT_STEPS = [10, 25, 50, 100] as const

/** The next step above a share; null at the end. */
export const findNextStep = (rollout: number): number | null =>
  ROLLOUT_STEPS.find((step) => step > rollout) ?? null

/** A warning when a rollout skips a step; null when it does not, or goes down. */
export const describeJump = (before: number, after: number): string | null => {
  const next = findNextStep(before)
  return next !== null && after > next
    ? `From ${before} % straight to ${after} %: ${next} % first would show trouble while few have it.`
    : null
}
