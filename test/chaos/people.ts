import { expectThat, Violation } from './history.ts'

/*
 * The pure half of the model for assignments, exposures and events. A fact is certain after an acknowledgement.
 * A fact is possible when a request had no answer.
 */

export type Row = {
  readonly kind: 'exposure' | 'event'
  readonly userId: string
  readonly id: string
  /** The experiment and the variant of an exposure, or the type of an event. */
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
    /** Users whose object has answered since its last restart. */
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
    /** Takes a sticky answer. A user keeps a variant, and an old assignment must come from a known request. */
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
    /** Whether a row was logged before: certainly, possibly, or so long ago that the object may have dropped its id. */
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
