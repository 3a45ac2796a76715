/** A condition for an edit: the version of the thing, or that there is none. */
export type Precondition = { readonly version: number } | 'absent' | undefined

/** One edit wins each round of a race, so this many concurrent edits of one thing all succeed. */
const ATTEMPTS = 25

const meetsPrecondition = (
  precondition: Precondition,
  current: { readonly version: number } | null,
) =>
  precondition === undefined ||
  (precondition === 'absent' ? current === null : current?.version === precondition.version)

type Steps<Thing, Settings, Result> = {
  readonly precondition: Precondition
  readonly read: () => Promise<Thing | null>
  /** New settings; null deletes it, undefined answers that there is nothing to edit. */
  readonly revise: (current: Thing | null) => Settings | null | undefined
  /** Commits under the version that was read; undefined if another edit was faster. */
  readonly commit: (before: Thing | null, settings: Settings | null) => Promise<Result | undefined>
}

/** Reads, revises and commits, and starts again from the read if another edit was faster. */
export const attemptEdit = async <Thing extends { readonly version: number }, Settings, Result>({
  precondition,
  read,
  revise,
  commit,
}: Steps<Thing, Settings, Result>) => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await read()
    if (!meetsPrecondition(precondition, before))
      return { outcome: 'precondition failed' as const, current: before }
    const settings = revise(before)
    if (settings === undefined) return { outcome: 'not found' as const }
    const result = await commit(before, settings)
    if (result) return result
  }
  return { outcome: 'contended' as const }
}
