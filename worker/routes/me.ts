import { Hono } from 'hono'
import { Me } from '../../schema/session.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { operation } from '../openapi/operation.ts'

export const meRoutes = new Hono<AdminEnv>().get(
  '/',
  operation('me', {
    tag: 'Administration',
    summary: 'The actor and role of this token',
    answers: { 200: Me },
    errors: [401, 403, 503],
  }),
  (c) => c.json({ actor: c.var.actor, role: c.var.role }, 200),
)
