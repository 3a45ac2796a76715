import * as z from 'zod'

/**
 * An instant in a request, in any zone and with any fraction of a second, as ISO 8601 writers of all languages write it.
 * It becomes UTC with milliseconds, the form in which it is stored and answered.
 */
export const Instant = z.iso
  // Stop here if it is no instant: it could not be converted to UTC.
  .datetime({
    offset: true,
    abort: true,
    error: 'use ISO 8601 with a zone: 2026-12-01T10:00:00Z or 2026-12-01T10:00:00+05:30',
  })
  .overwrite((at) => new Date(at).toISOString())
  // Other years get a sign, which the format above does not accept.
  .refine((at) => /^\d{4}-/.test(at), { error: 'the year must be one from 0000 to 9999, in UTC' })
