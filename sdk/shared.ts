import type { Settings } from './options.ts'

/** Lets calls for the same thing at the same time share one answer. */
export const createShared = <T>({ now, timeoutMs, waitUntil }: Settings) => {
  const pending = new Map<string, { readonly since: number; readonly answer: Promise<T> }>()
  return {
    /** The answer that is under way. In a Worker the request that asked may have ended, its promise with it: then none. */
    find(name: string): Promise<T> | undefined {
      const known = pending.get(name)
      return known && now() - known.since <= timeoutMs ? known.answer : undefined
    },
    /** Shares an answer until it is there; `waitUntil` of a Worker waits for it. */
    share(name: string, answer: Promise<T>): Promise<T> {
      const mine = { since: now(), answer }
      pending.set(name, mine)
      const done = answer.finally(() => pending.get(name) === mine && pending.delete(name))
      waitUntil?.(done)
      return done
    },
  }
}
