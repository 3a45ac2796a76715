import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { Problem } from '../http/problem.ts'

/** A working day: each day begins with a sign-in. */
export const SESSION_SECONDS = 12 * 60 * 60

const isSecure = (c: Context) => new URL(c.req.url).protocol === 'https:'

/** With `__Host-`, no other host of the domain can plant the cookie (RFC 6265bis, 4.1.3.2); it needs https. */
export const SESSION_COOKIE = '__Host-flags_session'
const getCookieName = (c: Context) => (isSecure(c) ? SESSION_COOKIE : 'flags_session')

const getCookieOptions = (c: Context) =>
  ({ path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(c) }) as const

export const readSessionCookie = (c: Context): string | undefined => getCookie(c, getCookieName(c))

export const setSessionCookie = (c: Context, id: string): void =>
  setCookie(c, getCookieName(c), id, { ...getCookieOptions(c), maxAge: SESSION_SECONDS })

export const dropSessionCookie = (c: Context): void => {
  deleteCookie(c, getCookieName(c), getCookieOptions(c))
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Refuses a write that a page of another origin makes a signed-in browser send (CSRF). Every browser sets `Origin` on
 * POST, PUT, PATCH and DELETE, so a request without it is not from a browser and needs no cookie.
 */
export const refuseForeignOrigin = (c: Context): void => {
  if (SAFE_METHODS.includes(c.req.method)) return
  if (c.req.header('Origin') !== new URL(c.req.url).origin)
    throw new Problem(
      'FORBIDDEN',
      'a session writes from its own origin only; use a token elsewhere',
    )
}
