import * as z from 'zod'

/**
 * An instant as it comes in, in any zone and to any fraction of a second: what ISO 8601 writers of all languages
 * write. It goes on as it is stored and told, in UTC and milliseconds.
 */
export const Instant = z.iso
  // What is none goes no further: it could not be put into UTC.
  .datetime({
    offset: true,
    abort: true,
    error: 'use ISO 8601 with a zone: 2026-12-01T10:00:00Z or 2026-12-01T10:00:00+05:30',
  })
  .overwrite((at) => new Date(at).toISOString())
  // Any other year has a sign before it, which the format above would not read again.
  .refine((at) => /^\d{4}-/.test(at), { error: 'the year must be one from 0000 to 9999, in UTC' })
