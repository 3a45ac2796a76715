/**
 * The changes of an import in its answer, in characters of JSON. More are only counted: a document of 24 MB may change
 * every flag, and each change has the flag twice.
 */
export const MAX_LISTED_CHARACTERS = 4_000_000

/** A list of changes by key that stops growing at a size. */
export const createChangeList = <Change extends { readonly key: string }>() => {
  const listed = new Map<string, Change>()
  const omitted = new Set<string>()
  let characters = 0
  return {
    add(change: Change): void {
      const { key } = change
      if (listed.has(key)) listed.set(key, change)
      else if (omitted.size === 0 && characters < MAX_LISTED_CHARACTERS) {
        characters += JSON.stringify(change).length
        listed.set(key, change)
      } else omitted.add(key)
    },
    list: (): Change[] => [...listed.values()],
    countOmitted: () => omitted.size,
    size: () => listed.size + omitted.size,
  }
}

export type ChangeList<Change extends { readonly key: string }> = ReturnType<
  typeof createChangeList<Change>
>
