/** Drafts of the same kind. */
type Fields<Draft> = readonly (keyof Draft & string)[]

export type Side = 'mine' | 'theirs'

/** A field with two values, and the side whose value a merge takes: the one that changed it, theirs if both did. */
export type Disagreement<Field> = {
  readonly field: Field
  readonly side: Side
  readonly isConflict: boolean
}

const isSameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Finds the fields in which my draft and theirs differ, given their common base. */
export const findDisagreements = <Draft extends object>(
  fields: Fields<Draft>,
  base: Draft,
  mine: Draft,
  theirs: Draft,
): Disagreement<keyof Draft & string>[] =>
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
export const mergeDrafts = <Draft extends object>(
  mine: Draft,
  theirs: Draft,
  sides: ReadonlyMap<string, Side>,
): Draft => ({
  ...theirs,
  ...Object.fromEntries(Object.entries(mine).filter(([field]) => sides.get(field) === 'mine')),
})
