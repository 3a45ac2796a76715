/**
 * Runs `work` one at a time: whoever asks while it runs gets one more run after it, shared with all who asked
 * meanwhile. So twenty changes a second are two loads, and an old answer never lands on a newer one.
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
