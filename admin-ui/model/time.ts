const UNITS = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** Formats a time in the largest unit that fits: "3 hours ago". */
export const formatAgo = (iso: string, now: number): string => {
  const past = Math.max(0, now - Date.parse(iso))
  const unit = UNITS.find(([, ms]) => past >= ms)
  return unit ? relative.format(-Math.floor(past / unit[1]), unit[0]) : 'just now'
}

export const formatExact = (iso: string): string => exact.format(new Date(iso))
