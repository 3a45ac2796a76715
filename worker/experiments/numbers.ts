/*
 * Numbers as people read them. A no-break space keeps a number and its unit on one line; the minus is a minus, not
 * a hyphen, so that it is as wide as a plus.
 */

const NBSP = '\u00a0'

/** `toLocaleString` makes a format at each call, which costs more than the whole analysis. */
const formats = new Map<string, Intl.NumberFormat>()

const format = (value: number, minimumFractionDigits: number, maximumFractionDigits: number) => {
  const name = `${minimumFractionDigits} ${maximumFractionDigits}`
  const found =
    formats.get(name) ??
    new Intl.NumberFormat('en', { minimumFractionDigits, maximumFractionDigits })
  formats.set(name, found)
  return found.format(value)
}

const fixed = (value: number, digits: number): string => format(value, digits, digits)

/** "6,021" */
export const count = (value: number): string => fixed(Math.round(value), 0)

/** "1 user", "6,021 users" */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)}${NBSP}${Math.round(value) === 1 ? one : many}`

/** Decimals at which numbers as small as this still differ: rates are compared, not admired. */
const digitsFor = (share: number): number => {
  const size = Math.abs(share)
  if (size === 0 || size >= 0.01) return 1
  return size >= 0.001 ? 2 : 3
}

/** 0.1234 → "12.3 %" */
export const percent = (share: number, digits = digitsFor(share)): string =>
  `${fixed(share * 100, digits)}${NBSP}%`

/** A share without decimals it does not have: 0.5 → "50 %", 1/3 → "33.3 %". */
export const shareText = (share: number): string => `${format(share * 100, 0, 1)}${NBSP}%`

const signed = (value: number, text: string) =>
  value > 0 ? `+${text}` : value < 0 ? `−${text}` : text

/** A difference of rates in percentage points, without the unit: 0.018 → "+1.80". */
export const points = (difference: number, digits = 2): string =>
  signed(Math.round(difference * 100 * 10 ** digits), fixed(Math.abs(difference * 100), digits))

/** What one adds to the other, relatively: 0.164 → "+16 %". */
export const relative = (lift: number): string =>
  signed(Math.round(lift * 100), `${fixed(Math.abs(lift * 100), 0)}${NBSP}%`)

/** Signed, two decimals. */
export const zValue = (z: number): string => signed(Math.round(z * 100), fixed(Math.abs(z), 2))

/** Never "0": no p-value is. */
export const pValue = (p: number): string =>
  p < 0.0001 ? '< 0.0001' : fixed(p, p < 0.001 ? 4 : p < 0.1 ? 3 : 2)

/** No experiment is surer than that: the intervals are approximations. */
const LEAST_ALPHA = 1e-9

/** The confidence of an interval, never rounded up: 0.05 → "95 %", 0.0123 → "98.7 %". */
export const confidence = (alpha: number): string => {
  const least = Math.max(LEAST_ALPHA, alpha)
  const digits = Math.max(0, Math.ceil(-Math.log10(least)) - 1)
  // The small part undoes the noise of binary fractions: 100 − 100 × 0.07 may be 92.999….
  const floored = Math.floor((100 - 100 * least) * 10 ** digits + 1e-4) / 10 ** digits
  return `${format(floored, 0, digits)}${NBSP}%`
}
