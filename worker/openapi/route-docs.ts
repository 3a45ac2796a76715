import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { HeaderName, ParameterName, SchemeName } from './components.ts'

/** What a middleware tells `/openapi.json` about the route it stands in. */
export type RouteDocs = {
  readonly operation?: Operation
  readonly input?: { readonly target: 'json' | 'query' | 'param'; readonly schema: z.ZodType }
  /** What it reads that no schema validates. */
  readonly reads?: readonly ParameterName[]
  /** Headers of whatever is answered, refusals too. */
  readonly headers?: readonly HeaderName[]
}

/** An answer that is not JSON. */
export type Text = { readonly mediaType: string; readonly description: string }

export type Operation = {
  readonly id: string
  readonly tag: 'Evaluation' | 'OFREP' | 'Administration' | 'Operations'
  readonly summary: string
  /** By status: the schema of a JSON answer, a text, or why there is none. */
  readonly answers: Readonly<Record<number, z.ZodType | Text | string>>
  /** The statuses of the one error body. */
  readonly errors: readonly number[]
  /** Any one of these is enough; without any, it is open to everyone. */
  readonly admits: readonly SchemeName[]
  /** What it reads that no schema validates. */
  readonly reads?: readonly ParameterName[]
  /** Headers of these answers. */
  readonly headers?: readonly HeaderName[]
}

const notes = new WeakMap<object, RouteDocs>()

/** Notes something about a middleware, and returns it as it is. */
export const withDocs = <Handler extends object>(handler: Handler, note: RouteDocs): Handler => {
  notes.set(handler, note)
  return handler
}

/** The note of a handler as the router has it; hono wraps those of apps with an error handler of their own. */
export const getRouteDocs = (
  handler: Parameters<typeof findTargetHandler>[0],
): RouteDocs | undefined => notes.get(findTargetHandler(handler))
