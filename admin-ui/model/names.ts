/**
 * Parses the names in typed or pasted text. Text with lines or tabs is split only there, so that a column of a
 * spreadsheet keeps its commas ("Washington, DC"). Other text is split at commas and semicolons.
 */
export const parseNames = (text: string): string[] => {
  const separator = /[\n\r\t]/.test(text) ? /[\n\r\t]+/ : /[,;]/
  return text
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** Adds names at the end of a list and keeps each name once. */
export const addNames = (list: readonly string[], names: readonly string[]): string[] => [
  ...new Set([...list, ...names]),
]

/** Joins the parts that are there with commas. */
export const joinParts = (...parts: readonly (string | false | null)[]): string =>
  parts.filter(Boolean).join(', ')
