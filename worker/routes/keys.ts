import { Hono } from 'hono'
import * as z from 'zod'
import { Comment } from '../../schema/flag.ts'
import { ApiKey, KeyCreation, KeyUpdate, type ClientSettings } from '../../schema/key.ts'
import { MAX_KEYS } from '../../schema/limits.ts'
import { MIN_SECRET_LENGTH } from '../../schema/user-token.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { getUserTokenSecrets } from '../middleware/user-token.ts'
import { Problem } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { createSecret, hashSecret } from '../lib/secret.ts'
import { openDatabase } from '../store/database.ts'
import { isKeyQuotaReached, createKey, listKeys, revokeKey, updateKey } from '../store/keys.ts'
import type { Env } from '../env.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { operation } from '../openapi/operation.ts'

const ById = z.object({ id: z.string().max(100) })
const Position = z.string().regex(/^[\w -]{1,100}$/)
const Reasoned = z.strictObject({ comment: Comment })
const KeyEdit = z.object({ key: ApiKey, snapshotVersion: z.int(), published: z.boolean() })
const NewKey = KeyEdit.extend({
  secret: z.string().describe('Shown this once; only its hash is kept.'),
})

/** Refuses a key whose secret is missing: it would refuse every user. */
const requireSecret = (
  env: Env,
  { userToken }: { userToken?: ClientSettings['userToken'] | undefined },
) => {
  const name = userToken?.secretName
  if (name !== undefined && getUserTokenSecrets(env, name).length === 0)
    throw new Problem(
      'CONFLICT',
      `the Worker has no secret ${name} of ${MIN_SECRET_LENGTH} characters or more: \`npx wrangler secret put ${name}\` first`,
    )
}

export const keyRoutes = new Hono<AdminEnv>()
  .use(atLeast('admin'))
  .get(
    '/',
    operation('keys.list', {
      tag: 'Administration',
      summary: 'Keys and tokens, also revoked ones, without their secrets',
      answers: { 200: createPageSchema(ApiKey) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', PageQuery),
    async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = cursor === undefined ? '' : decodeCursor(cursor, Position)
      const rows = await listKeys(openDatabase(c.env.DB), after, limit + 1)
      return c.json(
        toPage(rows, limit, ({ id }) => id),
        200,
      )
    },
  )
  .post(
    '/',
    operation('keys.create', {
      tag: 'Administration',
      summary: 'Creates an evaluation key or an admin token; its secret is shown once',
      answers: { 201: NewKey },
      errors: [400, 401, 403, 409, 413, 415, 503],
    }),
    valid('json', KeyCreation),
    async (c) => {
      const { name, kind, comment, ...settings } = c.req.valid('json')
      requireSecret(c.env, settings)
      // The prefix shows a person or a secret scanner which kind of key leaked.
      const secret = `flags_${kind}_${createSecret()}`
      const created = await createKey(openDatabase(c.env.DB), getEditor(c, comment), {
        id: crypto.randomUUID(),
        name,
        kind,
        hash: hashSecret(secret),
        settings,
      })
      if (!created)
        throw (await isKeyQuotaReached(openDatabase(c.env.DB)))
          ? new Problem('CONFLICT', `there are ${MAX_KEYS} keys: revoke some first`)
          : new Problem('CONFLICT', `there is a key named ${JSON.stringify(name)} already`)
      const publication = await publishEdit(c.env, created.snapshotVersion)
      return c.json({ ...created, secret, ...publication }, 201)
    },
  )
  .patch(
    '/:id',
    operation('keys.update', {
      tag: 'Administration',
      summary: 'Changes the named settings of a client key, in effect everywhere within 30 s',
      answers: { 200: KeyEdit },
      errors: [400, 401, 403, 404, 409, 413, 415, 503],
    }),
    valid('param', ById),
    valid('json', KeyUpdate),
    async (c) => {
      const { comment, ...settings } = c.req.valid('json')
      requireSecret(c.env, settings)
      const editor = getEditor(c, comment)
      const updated = await updateKey(
        openDatabase(c.env.DB),
        editor,
        c.req.valid('param').id,
        settings,
      )
      switch (updated.outcome) {
        case 'not found':
          throw new Problem('NOT_FOUND', 'there is no such key, or it is revoked')
        case 'no settings':
          throw new Problem('CONFLICT', 'only a client key has settings')
        case 'contended':
          throw new Problem(
            'CONFLICT',
            'someone changed this key at the same time: look, and try again',
          )
        case 'done': {
          const { key, snapshotVersion } = updated
          return c.json({ key, ...(await publishEdit(c.env, snapshotVersion)) }, 200)
        }
      }
    },
  )
  .delete(
    '/:id',
    operation('keys.revoke', {
      tag: 'Administration',
      summary: 'Revokes a key, for good',
      answers: { 200: KeyEdit },
      errors: [400, 401, 403, 404, 413, 415, 503],
    }),
    valid('param', ById),
    valid('json', Reasoned),
    async (c) => {
      const editor = getEditor(c, c.req.valid('json').comment)
      const revoked = await revokeKey(openDatabase(c.env.DB), editor, c.req.valid('param').id)
      if (!revoked) throw new Problem('NOT_FOUND', 'there is no such key, or it is revoked already')
      return c.json({ ...revoked, ...(await publishEdit(c.env, revoked.snapshotVersion)) }, 200)
    },
  )
