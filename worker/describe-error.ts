/** Drizzle's wrapper carries the parameters of the query in its message: user data and hashes, not for logs. */
const isQueryWrapper = (error: Error) => 'params' in error && error.cause instanceof Error

/** An error with what caused it, outermost first: drizzle and RPC wrap what the platform throws. */
export const causesOf = (error: unknown): Error[] => {
  if (!(error instanceof Error)) return []
  const causes = causesOf(error.cause)
  return isQueryWrapper(error) ? causes : [error, ...causes]
}

/** An error for a log line: every cause's message, the outermost first. */
export const describeError = (error: unknown): string =>
  causesOf(error)
    .map(({ message }) => message)
    .join(' ← ') || 'not an Error'
