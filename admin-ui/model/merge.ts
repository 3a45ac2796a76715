import { isSameValue } from './diff.ts'
import { type Draft, type Field, fields } from './draft.ts'

export type Side = 'mine' | 'theirs'

/** A field with two values, and the side whose value a merge takes: the one that changed it, theirs if both did. */
export type Disagreement = {
  readonly field: Field
  readonly side: Side
  readonly isConflict: boolean
}

/** Finds the fields in which my draft and theirs differ, given their common base. */
export const findDisagreements = (base: Draft, mine: Draft, theirs: Draft): Disagreement[] =>
  fields
    .filter((field) => !isSameValue(mine[field], theirs[field]))
    .map((field) => {
      const iChanged = !isSameValue(base[field], mine[field])
      const theyChanged = !isSameValue(base[field], theirs[field])
      return {
        field,
        side: iChanged && !theyChanged ? 'mine' : 'theirs',
        isConflict: iChanged && theyChanged,
      }
    })

/** Takes their draft with the chosen fields of mine. */
export const mergeDrafts = (
  mine: Draft,
  theirs: Draft,
  sides: ReadonlyMap<Field, Side>,
): Draft => ({
  ...theirs,
  ...Object.fromEntries(
    fields.filter((field) => sides.get(field) === 'mine').map((field) => [field, mine[field]]),
  ),
})
