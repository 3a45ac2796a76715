import type { HonoRequest } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Env } from '../env.ts'
import { unavailable } from '../http/problem.ts'
import { DatabaseSharedError, requireOwnDatabase } from '../objects/own-database.ts'

const READS = ['GET', 'HEAD', 'OPTIONS']
/** These only read, and a rule may be too long for an address. */
const READS_BY_POST = ['/api/explain', '/api/sample-size']
const RETRY_SECONDS = 60

/** A download of rows writes an audit entry. */
const WRITES_BY_GET = /\/rows$/

const onlyReads = (request: HonoRequest): boolean => {
  const { method, path } = request
  if (READS.includes(method)) return !WRITES_BY_GET.test(path)
  const isDryRun = path === '/api/import' && request.query('dryRun') === 'true'
  return isDryRun || READS_BY_POST.includes(path)
}

/** Refuses edits, sign-ins and removals while D1 belongs to another deployment. */
export const ownDatabaseOnly = createMiddleware<{ Bindings: Env }>(
  async function ownDatabaseOnly(c, next) {
    if (onlyReads(c.req)) return next()
    try {
      await requireOwnDatabase(c.env)
    } catch (error) {
      if (error instanceof DatabaseSharedError) throw unavailable(error.message, RETRY_SECONDS)
      throw error
    }
    return next()
  },
)
