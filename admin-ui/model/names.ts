/**
 * The names in what was typed or pasted. Lines and tabs part names wherever there are any, so that a column of a
 * spreadsheet keeps its commas ("Washington, DC"); else commas and semicolons do.
 */
export const parseNames = (text: string): string[] => {
  const separator = /[\n\r\t]/.test(text) ? /[\n\r\t]+/ : /[,;]/
  return text
    .split(separator)
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A list with more names at its end, each only once. */
export const addNames = (list: readonly string[], names: readonly string[]): string[] => [
  ...new Set([...list, ...names]),
]

/** What there is of these, with commas between. */
export const joinParts = (...parts: readonly (string | false | null)[]): string =>
  parts.filter(Boolean).join(', ')
