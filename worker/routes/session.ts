import { Hono } from 'hono'
import { Me, SessionCreation } from '../../schema/session.ts'
import { findAdminByToken, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { limitSignIn } from '../middleware/limits.ts'
import {
  dropSessionCookie,
  refuseForeignOrigin,
  SESSION_SECONDS,
  readSessionCookie,
  setSessionCookie,
} from '../middleware/session.ts'
import { operation } from '../openapi/operation.ts'
import { toMe } from '../http/environment.ts'
import { createSecret, hashSecret } from '../lib/secret.ts'
import { openDatabase } from '../store/database.ts'
import { closeSession, openSession } from '../store/sessions.ts'

/** Registered before `withActor`: a sign-in has no session yet, and a sign-out may have none any more. */
export const sessionRoutes = new Hono<AdminEnv>()
  .post(
    '/',
    operation('session.create', {
      tag: 'Administration',
      summary: 'Signs in with an admin token and sets a session cookie that scripts cannot read',
      answers: { 201: Me },
      errors: [400, 401, 403, 413, 415, 503],
      headers: ['Set-Cookie'],
      admits: [],
    }),
    limitSignIn,
    valid('json', SessionCreation),
    async (c) => {
      refuseForeignOrigin(c)
      const { token } = c.req.valid('json')
      const admin = await findAdminByToken(c, token)
      const [id, createdAt] = [createSecret(), new Date()]
      await openSession(openDatabase(c.env.DB), {
        hash: hashSecret(id),
        tokenHash: hashSecret(token),
        createdAt,
        expiresAt: new Date(createdAt.getTime() + SESSION_SECONDS * 1000),
      })
      setSessionCookie(c, id)
      return c.json(toMe(c.env, admin), 201)
    },
  )
  .delete(
    '/',
    operation('session.delete', {
      tag: 'Administration',
      summary: 'Signs out and ends the session on the server, so a copy of the cookie is useless',
      answers: { 204: 'Signed out' },
      errors: [403, 503],
      headers: ['Set-Cookie'],
      admits: [],
    }),
    async (c) => {
      refuseForeignOrigin(c)
      const id = readSessionCookie(c)
      if (id !== undefined) await closeSession(openDatabase(c.env.DB), hashSecret(id))
      dropSessionCookie(c)
      return c.body(null, 204)
    },
  )
