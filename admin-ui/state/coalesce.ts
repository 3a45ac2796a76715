/**
 * Runs `work` one at a time. Calls during a run share one more run after it. So twenty changes a second cause two loads,
 * and an old response never replaces a newer one.
 */
export const coalesce = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | null = null
  let isAskedAgain = false
  const runUntilQuiet = async () => {
    do {
      isAskedAgain = false
      await work()
    } while (isAskedAgain)
    running = null
  }
  return () => {
    if (running) isAskedAgain = true
    return (running ??= runUntilQuiet())
  }
}
