/** What a query says, if that is one of these; else the fallback. */
export const oneOf = <Name extends string>(
  names: Readonly<Record<Name, unknown>>,
  text: string | null,
  fallback: Name,
): Name => (Object.hasOwn(names, text ?? '') ? (text as Name) : fallback)

/** Whether every word of a search stands somewhere in these texts. */
export const matchesSearch = (search: string, ...texts: readonly (string | null)[]): boolean => {
  const text = texts.join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
