/*
 * The callers' record of a run: requests, acknowledgements and answers. At the end the run compares it with the stored
 * rows. This file is pure, so that a unit test can check the comparison.
 */

/** Sent rows by number, each under its own id. True after the acknowledgement. */
type Sent = boolean[]

export type Edit = { readonly comment: string; isAcknowledged: boolean }

export const createLedger = () => ({
  exposures: [] as Sent,
  events: [] as Sent,
  /** The sticky variant of each user. */
  variants: new Map<string, string>(),
  edits: [] as Edit[],
  /** Broken promises that a caller saw. */
  wrongs: [] as string[],
})

export type Ledger = ReturnType<typeof createLedger>

/** The rows of D1, after all have arrived. */
export type Stored = {
  readonly exposures: readonly string[]
  readonly events: readonly string[]
  readonly assignments: readonly { readonly userId: string; readonly variant: string }[]
  /** The comments of the audit. */
  readonly comments: readonly string[]
  readonly rolledUp: { readonly assignments: number; readonly exposures: number }
}

export const createId = (kind: 'exposures' | 'events', number: number) => `${kind}-${number}`

const countCells = (names: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

/** Describes acknowledged rows that are lost, doubled rows, and rows that no caller sent. */
const compareRows = (kind: 'exposures' | 'events', sent: Sent, ids: readonly string[]) => {
  const counts = countCells(ids)
  const wrongs: string[] = []
  sent.forEach((isAcknowledged, number) => {
    const id = createId(kind, number)
    const count = counts.get(id) ?? 0
    counts.delete(id)
    if (count === 0 && isAcknowledged) wrongs.push(`${id} was acknowledged and is lost`)
    if (count > 1) wrongs.push(`${id} is stored ${count} times`)
  })
  return [...wrongs, ...Array.from(counts.keys(), (id) => `nobody sent ${id}`)]
}

const compareVariants = (variants: Ledger['variants'], stored: Stored['assignments']) => {
  const found = new Map(stored.map(({ userId, variant }) => [userId, variant]))
  return Array.from(variants)
    .filter(([userId, variant]) => found.get(userId) !== variant)
    .map(([userId, variant]) => `${userId} was told ${variant}; stored is ${found.get(userId)}`)
}

const compareEdits = (edits: readonly Edit[], comments: readonly string[]) => {
  const counts = countCells(comments)
  return edits.flatMap(({ comment, isAcknowledged }) => {
    const count = counts.get(comment) ?? 0
    return count > 1 || (isAcknowledged && count === 0)
      ? [`${comment}${isAcknowledged ? ', acknowledged,' : ''} has ${count} audit rows`]
      : []
  })
}

/** The service logs the first exposure of each assignment. Callers send the others. */
const compareRollups = ({ assignments, exposures, rolledUp }: Stored) => {
  const expected = {
    assignments: assignments.length,
    exposures: assignments.length + exposures.length,
  }
  return JSON.stringify(rolledUp) === JSON.stringify(expected)
    ? []
    : [`the roll-ups say ${JSON.stringify(rolledUp)}, the rows ${JSON.stringify(expected)}`]
}

/** Describes each broken promise. Empty when there is none. */
export const findWrongs = (ledger: Ledger, stored: Stored): string[] => [
  ...ledger.wrongs,
  ...compareRows('exposures', ledger.exposures, stored.exposures),
  ...compareRows('events', ledger.events, stored.events),
  ...compareVariants(ledger.variants, stored.assignments),
  ...compareEdits(ledger.edits, stored.comments),
  ...compareRollups(stored),
]
