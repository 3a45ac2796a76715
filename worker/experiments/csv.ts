export type Cell = string | number | boolean | null

/** Text that a spreadsheet would read as a formula (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n]/

/**
 * Text comes from outside and must not run when the file is opened, so it gets an apostrophe in front where it could.
 * Numbers are ours: a negative one stays a number.
 */
const toText = (cell: Cell): string => {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  return FORMULA.test(cell) ? `'${cell}` : cell
}

const MONTH =
  '(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)'

/** Text that a spreadsheet turns into a number, a date, a time or a truth value: `007`, `1e5`, `1-2`, `mar-1`, `true`. */
const CONVERTED = new RegExp(
  String.raw`^(\d[\d._:,/-]*%?(e[+-]?\d+|[ap]m)?|\d+[._-]?${MONTH}([._-]?\d+)?|${MONTH}([._-]?\d+)+|true|false)$`,
  'i',
)

/** A name for a cell. An apostrophe keeps a spreadsheet from turning it into something else. */
export const toNameCell = (name: string): string => (CONVERTED.test(name) ? `'${name}` : name)

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** RFC 4180: lines end with CR LF, the last one too; quotes only where they are needed, doubled inside. */
export const toCsvRows = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((row) => `${row.map((cell) => quoted(toText(cell))).join(',')}\r\n`).join('')

export const toCsv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  toCsvRows([header, ...rows])
