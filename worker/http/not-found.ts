import { Problem } from './problem.ts'

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** 404 for an unknown path; 405 with `Allow` for a known path with another method. */
export const notFound = (path: string, methods: readonly Method[]): Problem =>
  methods.length === 0
    ? new Problem('NOT_FOUND', `there is nothing at ${path}; see /openapi.json`)
    : new Problem('METHOD_NOT_ALLOWED', `${path} takes ${either.format(methods)}`, {
        // Every GET route also answers HEAD (RFC 9110, 9.3.2).
        headers: { Allow: methods.join(', ').replace(/^GET/, 'GET, HEAD') },
      })
