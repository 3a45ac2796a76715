import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { HeaderName, ParameterName, SchemeName } from './components.ts'

/** The part of `/openapi.json` that a middleware adds to its route. */
export type RouteDocs = {
  readonly operation?: Operation
  readonly input?: { readonly target: 'json' | 'query' | 'param'; readonly schema: z.ZodType }
  /** Parameters that no schema validates. */
  readonly reads?: readonly ParameterName[]
  /** Headers of every answer, refusals included. */
  readonly headers?: readonly HeaderName[]
}

/** An answer that is not JSON. */
export type Text = { readonly mediaType: string; readonly description: string }

export type Operation = {
  readonly id: string
  readonly tag: 'Evaluation' | 'OFREP' | 'Administration' | 'Operations'
  readonly summary: string
  /** By status: the schema of a JSON answer, a text, or the reason for an empty body. */
  readonly answers: Readonly<Record<number, z.ZodType | Text | string>>
  /** The statuses of the one error body. */
  readonly errors: readonly number[]
  /** One of these is enough. An empty list needs no credential. */
  readonly admits: readonly SchemeName[]
  /** Parameters that no schema validates. */
  readonly reads?: readonly ParameterName[]
  /** Headers of the answers above. */
  readonly headers?: readonly HeaderName[]
}

const notes = new WeakMap<object, RouteDocs>()

/** Adds documentation to a middleware and returns the middleware. */
export const withDocs = <Handler extends object>(handler: Handler, note: RouteDocs): Handler => {
  notes.set(handler, note)
  return handler
}

/** The documentation of a handler. Hono wraps the handlers of apps that have their own error handler. */
export const getRouteDocs = (
  handler: Parameters<typeof findTargetHandler>[0],
): RouteDocs | undefined => notes.get(findTargetHandler(handler))
