import * as z from 'zod'

/** Actors in the audit that are neither a token nor a member. */
export const SERVICE_ACTORS = {
  /** Anyone with the `ADMIN_TOKEN` secret. */
  secret: 'ADMIN_TOKEN',
  /** Stops experiments at their `stopAt`. */
  schedule: 'schedule',
  /** Puts the demo data into an empty database. */
  demo: 'npm start',
} as const

/** Names that look alike become equal: `ＡＤＭＩＮ_TOKEN` and `admin_token`. */
const normalizeName = (name: string) =>
  name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()

const SERVICE_NAMES = new Set(Object.values(SERVICE_ACTORS).map(normalizeName))

/** Control and invisible characters, half surrogate pairs, line ends. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * The name of a key or token. The audit names its holder by it, so it must not be the address of a member or a name
 * of the service itself.
 */
export const HolderName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !UNREADABLE.test(name), {
    error: 'use visible characters, in one line',
  })
  .refine((name) => !normalizeName(name).includes('@'), {
    error: 'only addresses of members contain an @: use a name without it',
  })
  .refine((name) => !SERVICE_NAMES.has(normalizeName(name)), {
    error: 'the audit uses this name for the service itself: choose another one',
  })
  .describe(
    'The name of its holder in the audit; unique. One line, without an `@`, and not a name of the service itself.',
  )
