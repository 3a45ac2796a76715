/** Returns the text when it is one of the names, else the fallback. */
export const oneOf = <Name extends string>(
  names: Readonly<Record<Name, unknown>>,
  text: string | null,
  fallback: Name,
): Name => (Object.hasOwn(names, text ?? '') ? (text as Name) : fallback)

/** True when each word of the search is part of one of the texts. */
export const matchesSearch = (search: string, ...texts: readonly (string | null)[]): boolean => {
  const text = texts.join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
