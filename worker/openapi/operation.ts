import { createMiddleware } from 'hono/factory'
import type { SchemeName } from './components.ts'
import { withDocs, type RouteDocs, type Operation } from './route-docs.ts'

/** An operation without its id. Every operation with errors also documents 429. */
export type Description = Omit<Operation, 'id' | 'errors' | 'admits'> & Partial<Operation>

/** The schemes of every key and token. */
export const SECRETS: readonly SchemeName[] = ['bearer', 'apiKey']
const ADMINS: readonly SchemeName[] = [...SECRETS, 'session', 'access']

export const createOperation = (
  id: string,
  { errors = [400, 401, 403, 413, 415, 503], ...rest }: Description,
): Operation => ({
  id,
  errors: errors.length === 0 ? [] : [...errors, 429],
  admits: rest.tag === 'Administration' ? ADMINS : SECRETS,
  ...rest,
})

/** Documents one operation. At run time it only calls the next handler. */
export const operation = (id: string, description: Description, note: RouteDocs = {}) =>
  withDocs(
    createMiddleware((_c, next) => next()),
    { ...note, operation: createOperation(id, description) },
  )
