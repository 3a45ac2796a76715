import { hc } from 'hono/client'
import type { App } from '../worker/app.ts'

/** The server answers every request within 25 s. A longer silence means that it cannot be reached. */
const TIMEOUT_MS = 60_000

const fetchWithTimeout: typeof fetch = (input, init) =>
  fetch(input, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })

/** The Worker's routes, typed by the Worker: a route that changes is a type error here. */
export const client = hc<App>('/', { fetch: fetchWithTimeout })

/** Hono's client puts parameters into the path as they are, and an email address may hold `?`, `#` or `/`. */
export const encodeParams = <Params extends Readonly<Record<string, string>>>(params: Params) =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, encodeURIComponent(value)]),
  ) as { [Name in keyof Params]: string }
