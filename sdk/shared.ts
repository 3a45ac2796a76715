import type { Settings } from './options.ts'

/**
 * Lets calls for the same thing at the same time share one answer; `waitUntil` of a Worker waits for it. There the
 * request that asked may have ended, its promise with it: an answer that is overdue is asked for again.
 */
export const createShared = <T>({ now, timeoutMs, waitUntil }: Settings) => {
  const pending = new Map<unknown, { readonly since: number; readonly answer: Promise<T> }>()
  return (name: unknown, ask: () => Promise<T>): Promise<T> => {
    const known = pending.get(name)
    if (known && now() - known.since <= timeoutMs) return known.answer
    const answer = ask().finally(() => pending.get(name)?.answer === answer && pending.delete(name))
    pending.set(name, { since: now(), answer })
    waitUntil?.(answer)
    return answer
  }
}
