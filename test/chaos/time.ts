import { vi } from 'vitest'

/*
 * Two kinds of time. `Date` is false and moves only when a step says so; it stands in 2040, so that no alarm fires
 * by itself. Real timers are the deadlines of the code under test: while something is made to hang, they are hurried,
 * because a run waits for nothing; else they never pass, because what is late then is only the machine.
 */

const START = Date.UTC(2040, 0, 1)
/** Deadlines are at least this long; anything shorter is somebody else's timer. */
const SHORTEST_DEADLINE_MS = 300
const HURRY = 150
/** How much longer they last while nothing hangs: a machine that is busy must not look like a D1 that is slow. */
const PATIENCE = 20

const realSetTimeout = globalThis.setTimeout
const realClearTimeout = globalThis.clearTimeout
let isHurried = false
/** Hurried deadlines: when they are due, and how often everything had its turn since then. */
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

/** Takes over `Date` and the deadlines, for a test file. */
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

/** Looks again and again, in the request that calls it: what another request resolves may not be heard there. */
export const pauseUntil = async (isOver: () => boolean): Promise<void> => {
  while (!isOver()) await realPause(2)
}

/** Those of an object that was torn down never fire. Counted in turns: on a busy machine, the others are late, too. */
const isDead = (deadline: { readonly due: number; turns: number }) =>
  performance.now() > deadline.due && ++deadline.turns > 20

/** Makes deadlines pass at once, or lets them be; ends when those that were hurried are over. */
export const hurryDeadlines = async (hurry: boolean) => {
  isHurried = hurry
  if (hurry) return
  while (hurried.size > 0) {
    await realPause(1)
    for (const [timer, deadline] of hurried) if (isDead(deadline)) hurried.delete(timer)
  }
}

/** Ends in an error when the work does not end; a hang is a finding, too. */
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

/** The clock of a run. `elapsed` only grows; `highest` is the latest instant that the wall clock ever showed. */
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
