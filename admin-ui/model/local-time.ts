const MINUTE_MS = 60_000

/** Formats an instant for `<input type="datetime-local">`: local time, to the minute. */
export const toLocal = (iso: string | null): string => {
  if (iso === null) return ''
  const at = new Date(iso)
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16)
}

/** Parses a local time. Returns null for empty text. */
export const fromLocal = (local: string): string | null => {
  const at = new Date(local)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}

/** "2026-12-24 18:00 UTC" */
export const formatUtc = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
