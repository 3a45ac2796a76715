import { Hono } from 'hono'
import * as z from 'zod'
import { AuditEntry } from '../../schema/audit.ts'
import { PageQuery, pageOf } from '../../schema/page.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { listAudit } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { fromCursor, toPage } from './cursor.ts'
import { operation } from '../openapi/operation.ts'

const AuditQuery = PageQuery.extend({
  target: z.string().max(200).optional().describe('As in `flag:feature.new_checkout`.'),
  actor: z.string().max(100).optional(),
})

const Position = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

export const auditRoutes = new Hono<AdminEnv>().get(
  '/',
  operation('audit.list', {
    tag: 'Administration',
    summary: 'Who changed what, when and why; the newest first',
    answers: { 200: pageOf(AuditEntry) },
    errors: [400, 401, 403, 503],
  }),
  valid('query', AuditQuery),
  async (c) => {
    const { limit, cursor, target, actor } = c.req.valid('query')
    const before = cursor === undefined ? undefined : fromCursor(cursor, Position)
    const rows = await listAudit(openDatabase(c.env.DB), {
      target,
      actor,
      before,
      limit: limit + 1,
    })
    return c.json(
      toPage(rows, limit, ({ id }) => id),
      200,
    )
  },
)
