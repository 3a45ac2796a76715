import { createMiddleware } from 'hono/factory'
import type { SchemeName } from './components.ts'
import { withDocs, type RouteDocs, type Operation } from './route-docs.ts'

/** What is said of an operation; what can be refused at all can be asked too often. */
export type Description = Omit<Operation, 'id' | 'errors' | 'admits'> & Partial<Operation>

/** What every key and token may be sent as. */
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

/** Documents one operation, and what else is to be noted of it. It does nothing at run time. */
export const operation = (id: string, description: Description, note: RouteDocs = {}) =>
  withDocs(
    createMiddleware((_c, next) => next()),
    { ...note, operation: createOperation(id, description) },
  )
