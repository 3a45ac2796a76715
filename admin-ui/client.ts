import type { hc } from 'hono/client'
import type { App } from '../worker/app.ts'

type Sent = {
  readonly param?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly json?: unknown
}
type Options = { readonly headers?: Readonly<Record<string, string>> }

/** The server answers within 25 s, whatever happens: who says nothing for longer cannot be reached. */
const TIMEOUT_MS = 60_000

const send = (path: readonly string[], method: string, sent: Sent, { headers }: Options) => {
  const { param = {}, query = {}, json } = sent
  const names = path.map((name) =>
    name.startsWith(':') ? encodeURIComponent(param[name.slice(1)] ?? '') : name,
  )
  const search = new URLSearchParams(query).toString()
  return fetch(`/${names.join('/')}${search && `?${search}`}`, {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { ...headers, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
    body: JSON.stringify(json),
  })
}

const at = (path: readonly string[]): unknown =>
  new Proxy(() => {}, {
    get: (_, name) => at([...path, String(name)]),
    apply: (_, __, [sent = {}, options = {}]: [Sent?, Options?]) =>
      send(path.slice(0, -1), path.at(-1)?.slice(1).toUpperCase() ?? '', sent, options),
  })

/**
 * The Worker's routes by their names: `client.api.flags[':key'].$get({ param: { key } })`. The types are those of Hono's
 * client, so a route that changes is a type error here. Its code is not: three quarters of it would be cookies, forms
 * and web sockets, which this UI has none of.
 */
export const client = at([]) as ReturnType<typeof hc<App>>
