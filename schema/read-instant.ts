/* This file has no zod, because the evaluator uses it. */

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,100}))?)?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/

const MINUTE_MS = 60_000

/**
 * Reads ISO 8601 with a zone as epoch milliseconds, or returns undefined. Further digits are cut. Engines disagree about
 * dates such as 30 February, so `Date.parse` does not decide.
 */
export const readInstant = (text: string): number | undefined => {
  const match = INSTANT.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second = '0', fraction = '', sign] = match
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day))
    return undefined
  date.setUTCHours(
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.slice(0, 3).padEnd(3, '0')),
  )
  const offset = sign ? Number(match[9]) * 60 + Number(match[10]) : 0
  return date.getTime() - (sign === '-' ? -offset : offset) * MINUTE_MS
}
