import { Hono } from 'hono'
import { Me } from '../../schema/session.ts'
import type { AdminEnv } from '../middleware/authenticate.ts'
import { toMe } from '../http/environment.ts'
import { operation } from '../openapi/operation.ts'

export const meRoutes = new Hono<AdminEnv>().get(
  '/',
  operation('me', {
    tag: 'Administration',
    summary: 'The actor and role of this token, and the environment',
    answers: { 200: Me },
    errors: [401, 403, 503],
  }),
  (c) => c.json(toMe(c.env, c.var), 200),
)
