/** Each step about doubles the affected users, so that a problem shows while few users have it. */
export const ROLLOUT_STEPS = [10, 25, 50, 100] as const

/** Finds the next step above a share. Returns null at 100 %. */
export const findNextStep = (rollout: number): number | null =>
  ROLLOUT_STEPS.find((step) => step > rollout) ?? null

/** Warns when a rollout skips a step. Returns null otherwise. */
export const describeJump = (before: number, after: number): string | null => {
  const next = findNextStep(before)
  return next !== null && after > next
    ? `From ${before} % straight to ${after} %: ${next} % first would show problems while few users have it.`
    : null
}
