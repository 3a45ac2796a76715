/** Drizzle's wrapper has the query's parameters in its message: user data and hashes, which logs must not hold. */
const isQueryWrapper = (error: Error) => 'params' in error && error.cause instanceof Error

/** An error and its causes, outermost first: drizzle and RPC wrap the platform's errors. */
export const listCauses = (error: unknown): Error[] => {
  if (!(error instanceof Error)) return []
  const causes = listCauses(error.cause)
  return isQueryWrapper(error) ? causes : [error, ...causes]
}

/** An error as text for a log line: the messages of all causes, outermost first. */
export const describeError = (error: unknown): string =>
  listCauses(error)
    .map(({ message }) => message)
    .join(' ← ') || 'not an Error'
