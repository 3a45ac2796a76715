import { Problem } from './problem.ts'

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type Method = (typeof METHODS)[number]

const either = new Intl.ListFormat('en-GB', { type: 'disjunction' })

/** Why nothing answers at this address: it takes other methods, or there is none. */
export const missing = (path: string, methods: readonly Method[]): Problem =>
  methods.length === 0
    ? new Problem('NOT_FOUND', `there is nothing at ${path}; see /openapi.json`)
    : new Problem('METHOD_NOT_ALLOWED', `${path} takes ${either.format(methods)}`, {
        // Whatever can be read can be asked for its headers alone (RFC 9110, 9.3.2).
        headers: { Allow: methods.join(', ').replace(/^GET/, 'GET, HEAD') },
      })
