import { createMiddleware } from 'hono/factory'
import { documented, type Operation } from './notes.ts'

/** What is said of an operation; what can be refused at all can be asked too often. */
export type Description = Omit<Operation, 'id' | 'errors' | 'isPublic'> & Partial<Operation>

export const operationOf = (
  id: string,
  { errors = [400, 401, 403, 413, 415, 503], isPublic = false, ...rest }: Description,
): Operation => ({
  id,
  errors: errors.length === 0 ? [] : [...errors, 429],
  isPublic,
  ...rest,
})

/** Documents one operation. It does nothing at run time. */
export const operation = (id: string, description: Description) =>
  documented(
    createMiddleware((_c, next) => next()),
    { operation: operationOf(id, description) },
  )
