export type Cell = string | number | boolean | null

/** What a spreadsheet would take for a formula, or for the start of one (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r]/

/**
 * Text comes from outside and must not run when the file is opened, so it gets an apostrophe in front where it could.
 * Numbers are ours: a negative one stays a number.
 */
const toText = (cell: Cell): string => {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  return FORMULA.test(cell) ? `'${cell}` : cell
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** RFC 4180: lines end with CR LF, the last one too; quotes only where they are needed, doubled inside. */
export const toCsv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [header, ...rows]
    .map((row) => `${row.map((cell) => quoted(toText(cell))).join(',')}\r\n`)
    .join('')
