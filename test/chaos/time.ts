import { vi } from 'vitest'

/*
 * Two kinds of time. `Date` is fake and moves only by a step. It shows the year 2040, so that no alarm fires by
 * itself. Real timers are the deadlines of the code under test. During a fault that hangs, they fire early, so that a
 * run need not wait. At other times they never fire, because only the machine can be late then.
 */

const START = Date.UTC(2040, 0, 1)
/** Deadlines are at least this long. A shorter timer belongs to other code. */
const SHORTEST_DEADLINE_MS = 300
const HURRY = 150
/** The factor for deadlines while nothing hangs: a busy machine must not look like a slow D1. */
const PATIENCE = 20

const realSetTimeout = globalThis.setTimeout
const realClearTimeout = globalThis.clearTimeout
let isHurried = false
/** Early deadlines: their due time, and the number of event-loop turns since then. */
const hurried = new Map<unknown, { readonly due: number; turns: number }>()

type Callback = (...args: unknown[]) => void

const setTimer = (callback: Callback, ms = 0, ...args: unknown[]) => {
  if (ms < SHORTEST_DEADLINE_MS) return realSetTimeout(callback, ms, ...args)
  if (!isHurried) return realSetTimeout(callback, ms * PATIENCE, ...args)
  const timer: unknown = realSetTimeout(() => {
    hurried.delete(timer)
    callback(...args)
  }, ms / HURRY)
  hurried.set(timer, { due: performance.now() + ms / HURRY, turns: 0 })
  return timer
}

const clearTimer = (timer: Parameters<typeof realClearTimeout>[0]) => {
  hurried.delete(timer)
  realClearTimeout(timer)
}

/** Replaces `Date` and the deadlines, for a test file. */
export const takeTime = () => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  Object.assign(globalThis, { setTimeout: setTimer, clearTimeout: clearTimer })
}

export const giveTimeBack = () => {
  Object.assign(globalThis, { setTimeout: realSetTimeout, clearTimeout: realClearTimeout })
  vi.useRealTimers()
}

export const realPause = (ms: number) =>
  new Promise<void>((resolve) => void realSetTimeout(resolve, ms))

/** Polls within the calling request, because workerd may not resume it for a promise of another request. */
export const pauseUntil = async (isOver: () => boolean): Promise<void> => {
  while (!isOver()) await realPause(2)
}

/** Timers of an aborted object never fire. Turns are counted, because a busy machine delays all timers. */
const isDead = (deadline: { readonly due: number; turns: number }) =>
  performance.now() > deadline.due && ++deadline.turns > 20

/** Makes deadlines fire early, or leaves them. Resolves when the early ones have fired. */
export const hurryDeadlines = async (hurry: boolean) => {
  isHurried = hurry
  if (hurry) return
  while (hurried.size > 0) {
    await realPause(1)
    for (const [timer, deadline] of hurried) if (isDead(deadline)) hurried.delete(timer)
  }
}

/** Throws when the work does not end: a hang is a failure, too. */
export const withWatchdog = async <T>(name: string, work: Promise<T>, ms = 60_000): Promise<T> => {
  let timer: ReturnType<typeof realSetTimeout> | undefined
  const bark = new Promise<never>((_, reject) => {
    timer = realSetTimeout(() => reject(new Error(`it hangs: ${name}`)), ms)
  })
  try {
    return await Promise.race([work, bark])
  } finally {
    realClearTimeout(timer)
  }
}

/** The clock of a run. `elapsed` only grows. `highest` is the latest instant that the wall clock has shown. */
export const createClock = () => {
  let elapsed = 0
  let highest = Date.now()
  return {
    pass(ms: number) {
      vi.setSystemTime(Date.now() + ms)
      elapsed += Math.max(0, ms)
      highest = Math.max(highest, Date.now())
    },
    elapsed: () => elapsed,
    highest: () => highest,
  }
}

export type Clock = ReturnType<typeof createClock>
