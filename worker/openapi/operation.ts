import { createMiddleware } from 'hono/factory'
import { documented, type Operation } from './notes.ts'

type Options = Omit<Operation, 'id' | 'errors' | 'isPublic'> & Partial<Operation>

/** Documents one operation. It does nothing at run time. What can be refused at all can be asked too often. */
export const operation = (
  id: string,
  { errors = [400, 401, 413, 415, 503], isPublic = false, ...rest }: Options,
) =>
  documented(
    createMiddleware((_c, next) => next()),
    {
      operation: { id, errors: errors.length === 0 ? [] : [...errors, 429], isPublic, ...rest },
    },
  )
