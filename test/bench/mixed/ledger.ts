/*
 * What the callers of a run know: what they sent, what was acknowledged, and what they were told. At the end it is
 * compared with what is stored. Nothing here waits or asks, so that the comparison itself can be tested.
 */

/** Rows that are sent under an id of their own, by number; true once they were acknowledged. */
type Sent = boolean[]

export type Edit = { readonly comment: string; isAcknowledged: boolean }

export const createLedger = () => ({
  exposures: [] as Sent,
  events: [] as Sent,
  /** The variant that a user was told for good. */
  variants: new Map<string, string>(),
  edits: [] as Edit[],
  /** What was seen that must never be. */
  wrongs: [] as string[],
})

export type Ledger = ReturnType<typeof createLedger>

/** The rows of D1, once everything has arrived. */
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

/** Tells of rows that were acknowledged and are lost, of any that are there twice, and of those that nobody sent. */
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

/** The first exposures are made by the service, one an assignment; the others by their senders. */
const compareRollups = ({ assignments, exposures, rolledUp }: Stored) => {
  const expected = {
    assignments: assignments.length,
    exposures: assignments.length + exposures.length,
  }
  return JSON.stringify(rolledUp) === JSON.stringify(expected)
    ? []
    : [`the roll-ups say ${JSON.stringify(rolledUp)}, the rows ${JSON.stringify(expected)}`]
}

/** Everything that is not as it was promised, in words; nothing when all is well. */
export const findWrongs = (ledger: Ledger, stored: Stored): string[] => [
  ...ledger.wrongs,
  ...compareRows('exposures', ledger.exposures, stored.exposures),
  ...compareRows('events', ledger.events, stored.events),
  ...compareVariants(ledger.variants, stored.assignments),
  ...compareEdits(ledger.edits, stored.comments),
  ...compareRollups(stored),
]
