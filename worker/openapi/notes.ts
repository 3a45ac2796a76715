import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'

/** What a middleware tells `/openapi.json` about the route it stands in. */
export type Note = {
  readonly operation?: Operation
  readonly input?: { readonly target: 'json' | 'query' | 'param'; readonly schema: z.ZodType }
}

export type Operation = {
  readonly id: string
  readonly tag: 'Evaluation' | 'OFREP' | 'Administration' | 'Operations'
  readonly summary: string
  /** By status: the schema of a JSON answer, or a description of another. */
  readonly answers: Readonly<Record<number, z.ZodType | string>>
  /** The statuses of the one error body. */
  readonly errors: readonly number[]
  readonly isPublic: boolean
}

const notes = new WeakMap<object, Note>()

/** Notes something about a middleware, and returns it as it is. */
export const documented = <Handler extends object>(handler: Handler, note: Note): Handler => {
  notes.set(handler, note)
  return handler
}

/** The note of a handler as the router has it; hono wraps those of apps with an error handler of their own. */
export const noteOf = (handler: Parameters<typeof findTargetHandler>[0]): Note | undefined =>
  notes.get(findTargetHandler(handler))
