import { createMiddleware } from 'hono/factory'
import type { SchemeName } from './components.ts'
import { withDocs, type RouteDocs, type Operation } from './route-docs.ts'

/** An operation without its id. Every operation with errors also documents 429. */
export type Description = Omit<Operation, 'id' | 'errors' | 'admits'> & Partial<Operation>

/** The schemes of every key and token. */
export const SECRETS: readonly SchemeName[] = ['bearer', 'apiKey']
const ADMINS: readonly SchemeName[] = [...SECRETS, 'session', 'access']

/** Administration refuses unknown query parameters with 400. */
const listErrors = (tag: Operation['tag'], errors: readonly number[]) => {
  if (errors.length === 0) return []
  const isAdministration = tag === 'Administration'
  return [...(isAdministration && !errors.includes(400) ? [400] : []), ...errors, 429]
}

export const createOperation = (
  id: string,
  { errors = [400, 401, 403, 413, 415, 503], ...rest }: Description,
): Operation => ({
  id,
  errors: listErrors(rest.tag, errors),
  admits: rest.tag === 'Administration' ? ADMINS : SECRETS,
  ...rest,
})

/** Documents one operation. At run time it only calls the next handler. */
export const operation = (id: string, description: Description, note: RouteDocs = {}) =>
  withDocs(
    createMiddleware((_c, next) => next()),
    { ...note, operation: createOperation(id, description) },
  )
