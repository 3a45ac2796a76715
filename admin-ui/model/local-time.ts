const pad = (value: number) => String(value).padStart(2, '0')

/** An instant as `<input type="datetime-local">` holds it: the local time, to the minute. */
export const toLocal = (iso: string | null): string => {
  if (iso === null) return ''
  const at = new Date(iso)
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`
  return `${day}T${pad(at.getHours())}:${pad(at.getMinutes())}`
}

/** The instant of a local time; null when there is none. */
export const fromLocal = (local: string): string | null => {
  const ms = local === '' ? Number.NaN : new Date(local).getTime()
  return Number.isNaN(ms) ? null : new Date(ms).toISOString()
}

/** "2026-12-24 18:00 UTC" */
export const utcText = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
