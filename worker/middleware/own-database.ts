import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { unavailable } from '../http/problem.ts'
import { DatabaseSharedError, requireOwnDatabase } from '../objects/own-database.ts'

const READS = ['GET', 'HEAD', 'OPTIONS']
/** These only read, and a rule may be too long for an address. */
const READS_BY_POST = ['/api/explain', '/api/sample-size']
const RETRY_SECONDS = 60

/** Refuses edits, sign-ins and removals while D1 belongs to another deployment. */
export const ownDatabaseOnly = createMiddleware<{ Bindings: Env }>(
  async function ownDatabaseOnly(c, next) {
    if (READS.includes(c.req.method) || READS_BY_POST.includes(c.req.path)) return next()
    try {
      await requireOwnDatabase(c.env)
    } catch (error) {
      if (error instanceof DatabaseSharedError) throw unavailable(error.message, RETRY_SECONDS)
      throw error
    }
    return next()
  },
)
