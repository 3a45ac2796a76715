import { elapsedSince } from './elapsed.ts'

type Flight<T> = { readonly startedAt: number; readonly result: Promise<T> }

/**
 * Lets concurrent callers share one run of `work`.
 *
 * A run that takes longer than `joinableMs` is left to itself, and the next caller starts another. This needs no timer:
 * in workerd, the promises and timers of a request that has ended may never settle, so a run can hang for ever.
 * For the same reason each caller sets its own deadline on the promise that it gets.
 */
export const createSingleFlight = <T>(work: () => Promise<T>, joinableMs: number) => {
  let flight: Flight<T> | undefined

  const isRunning = (): boolean =>
    flight !== undefined && elapsedSince(flight.startedAt) < joinableMs

  const start = (): Promise<T> => {
    const startedAt = Date.now()
    const result = work().finally(() => {
      if (flight?.result === result) flight = undefined
    })
    flight = { startedAt, result }
    return result
  }

  /** Joins the run under way, or starts one. */
  const run = (): Promise<T> => (flight !== undefined && isRunning() ? flight.result : start())

  /** Lets a run go that has exceeded a caller's deadline, so that the next caller starts another. */
  const abandon = (result: Promise<T>): void => {
    if (flight?.result === result) flight = undefined
  }

  return { run, abandon, isRunning }
}
