import * as z from 'zod'

/** Those who act by no token's name and no member's address, as the audit names them. */
export const SERVICE_ACTORS = {
  /** Whoever has the `ADMIN_TOKEN` secret: nobody in particular. */
  secret: 'ADMIN_TOKEN',
  /** Stops experiments at their `stopAt`. */
  schedule: 'schedule',
  /** Puts the demo data into an empty database. */
  demo: 'npm start',
} as const

/** As a reader sees it: `ＡＤＭＩＮ_TOKEN` and `admin_token` pass for the same. */
const normalizeName = (name: string) =>
  name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()

const SERVICE_NAMES = new Set(Object.values(SERVICE_ACTORS).map(normalizeName))

/** Control characters, invisible ones, halves of pairs, and what ends a line. */
const UNREADABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/**
 * What a key or token is called, which is what the audit calls its holder: so it may be nobody else's name, not that
 * of a member, who is named by an address, nor that of the service itself.
 */
export const HolderName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => !UNREADABLE.test(name), {
    error: 'use characters that can be seen, in one line',
  })
  .refine((name) => !normalizeName(name).includes('@'), {
    error: 'an @ stands only in the addresses of members: use a name without one',
  })
  .refine((name) => !SERVICE_NAMES.has(normalizeName(name)), {
    error: 'the audit calls the service itself so: use another name',
  })
  .describe(
    'Names its holder in the audit; unique. One line, without an `@`, and no name the audit has for others.',
  )
