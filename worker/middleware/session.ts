import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { Problem } from '../http/problem.ts'

/** A working day: who comes back tomorrow signs in again. */
export const SESSION_SECONDS = 12 * 60 * 60

const isSecure = (c: Context) => new URL(c.req.url).protocol === 'https:'

/** With `__Host-`, no other host of the domain can plant the cookie (RFC 6265bis, 4.1.3.2); it needs https. */
export const SESSION_COOKIE = '__Host-flags_session'
const nameOf = (c: Context) => (isSecure(c) ? SESSION_COOKIE : 'flags_session')

const optionsOf = (c: Context) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(c) }) as const

export const readSessionCookie = (c: Context): string | undefined => getCookie(c, nameOf(c))

export const setSessionCookie = (c: Context, id: string): void =>
  setCookie(c, nameOf(c), id, { ...optionsOf(c), maxAge: SESSION_SECONDS })

export const dropSessionCookie = (c: Context): void => {
  deleteCookie(c, nameOf(c), optionsOf(c))
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Refuses a write that a page of another origin made a signed-in browser send. Every browser puts `Origin` on a
 * POST, PUT, PATCH or DELETE; without it, it is no page, and has no business with a cookie.
 */
export const refuseForeignOrigin = (c: Context): void => {
  if (SAFE_METHODS.includes(c.req.method)) return
  if (c.req.header('Origin') !== new URL(c.req.url).origin)
    throw new Problem(
      'FORBIDDEN',
      'a session writes from its own origin only; use a token elsewhere',
    )
}
