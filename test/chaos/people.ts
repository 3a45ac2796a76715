import { expectThat, Violation } from './history.ts'

/*
 * What users were told: the pure half of the model for assignments, exposures and events. "Certain" is what was
 * acknowledged; "perhaps" is what may have happened although no answer says so.
 */

export type Row = {
  readonly kind: 'exposure' | 'event'
  readonly userId: string
  readonly id: string
  /** Of an exposure, the experiment and the variant; of an event, its type and nothing. */
  readonly about: string
  readonly variant: string
  readonly at: number
}

type Assignment = { variant: string; ats: number[] }
type Known = { row: Row; isCertain: boolean; loggedAt: number }

const REMEMBERED_MS = 7 * 24 * 3_600_000

const pair = (userId: string, experiment: string) => `${userId}|${experiment}`
const rowKey = ({ kind, userId, id }: Row) => `${kind}|${userId}|${id}`

export const createPeople = () => {
  const assigned = new Map<string, Assignment>()
  const perhaps = new Map<string, { variant: string; at: number }[]>()
  const rows = new Map<string, Known>()

  const guesses = (userId: string, experiment: string) =>
    perhaps.get(pair(userId, experiment)) ?? []

  return {
    /** Users whose object has answered since it was last torn down. */
    met: new Set<string>(),
    assigned,
    rows,
    variantOf: (userId: string, experiment: string) =>
      assigned.get(pair(userId, experiment))?.variant,
    guesses,
    isUncertain: (userId: string, experiment: string) =>
      !assigned.has(pair(userId, experiment)) && guesses(userId, experiment).length > 0,
    mayBeAssigned: (userId: string, experiment: string, variant: string, at: number) =>
      void perhaps.set(pair(userId, experiment), [...guesses(userId, experiment), { variant, at }]),
    instantsOf: (userId: string, experiment: string) => assigned.get(pair(userId, experiment))?.ats,
    /** Takes a sticky answer. Whoever has a variant keeps it; what is not new must have come from somewhere. */
    isAssigned(userId: string, experiment: string, variant: string, at: number | null) {
      const known = assigned.get(pair(userId, experiment))
      if (known) {
        expectThat(
          known.variant === variant,
          () => `${userId} has ${known.variant} in ${experiment}, and now ${variant}`,
        )
        return
      }
      const possible = guesses(userId, experiment).filter((guess) => guess.variant === variant)
      const ats = [...possible.map((guess) => guess.at), ...(at === null ? [] : [at])]
      if (ats.length === 0)
        throw new Violation(`${userId} has ${variant} in ${experiment}, which nobody assigned`)
      assigned.set(pair(userId, experiment), { variant, ats })
    },
    /** Whether a row was logged before: for certain, perhaps, or so long ago that its id may be forgotten. */
    wasLogged(row: Row, highest: number): 'yes' | 'no' | 'perhaps' {
      const known = rows.get(rowKey(row))
      if (!known) return 'no'
      return known.isCertain && highest - known.loggedAt < REMEMBERED_MS ? 'yes' : 'perhaps'
    },
    isLogged(row: Row, now: number) {
      const known = rows.get(rowKey(row))
      if (!known?.isCertain) rows.set(rowKey(row), { row, isCertain: true, loggedAt: now })
    },
    mayBeLogged(row: Row, now: number) {
      if (!rows.has(rowKey(row))) rows.set(rowKey(row), { row, isCertain: false, loggedAt: now })
    },
  }
}

export type People = ReturnType<typeof createPeople>
