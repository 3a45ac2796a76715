/** When an experiment starts and stops. This file has no zod, because the admin UI uses it. */
export type Schedule = {
  readonly startAt?: string | null | undefined
  readonly stopAt?: string | null | undefined
}

export const isInOrder = ({ startAt, stopAt }: Schedule): boolean =>
  !startAt || !stopAt || Date.parse(startAt) < Date.parse(stopAt)

export const OUT_OF_ORDER = 'stopAt must be later than startAt'

/** An experiment that was stopped before its startAt never started: startAt becomes null. */
export const dropUnreachedStart = <Stopped extends Schedule>(stopped: Stopped): Stopped =>
  isInOrder(stopped) ? stopped : { ...stopped, startAt: null }
