/** When an experiment starts and stops. Apart from the other schemas, for the admin UI: it carries no zod. */
export type Schedule = {
  readonly startAt?: string | null | undefined
  readonly stopAt?: string | null | undefined
}

export const isInOrder = ({ startAt, stopAt }: Schedule): boolean =>
  !startAt || !stopAt || Date.parse(startAt) < Date.parse(stopAt)

export const OUT_OF_ORDER = 'stopAt must be later than startAt'

/** What was stopped before its start never started: then it has none. */
export const dropUnreachedStart = <Stopped extends Schedule>(stopped: Stopped): Stopped =>
  isInOrder(stopped) ? stopped : { ...stopped, startAt: null }
