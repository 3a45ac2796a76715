import { Hono, type Context } from 'hono'
import { ByUserId, Erased, Erasure, ErasureByBody } from '../../schema/erasure.ts'
import { eraseParticipant } from '../participation/erase-participant.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { unavailable } from '../http/problem.ts'
import { openDatabase } from '../store/database.ts'
import { listKeysNaming } from '../store/erasure.ts'

const errors = [400, 401, 403, 413, 415, 503]

const erase = async (
  c: Context<AdminEnv>,
  userId: string,
  comment: string | undefined,
): Promise<Erased> => {
  const removed = await eraseParticipant(c.env, userId, getEditor(c, comment))
  if (!removed) throw unavailable('not everything could be removed: ask again until it is')
  return { removed, stillListedIn: await listKeysNaming(openDatabase(c.env.DB), userId) }
}

/** The right to erasure (GDPR, article 17). A repetition removes rows that came since. */
export const userRoutes = new Hono<AdminEnv>()
  .use(atLeast('admin'))
  .delete(
    '/:userId',
    operation('users.delete', {
      tag: 'Administration',
      summary:
        "Removes a user's assignments, exposures and events everywhere, also from the counts",
      answers: { 200: Erased },
      errors,
    }),
    valid('param', ByUserId),
    valid('json', Erasure),
    async (c) =>
      c.json(await erase(c, c.req.valid('param').userId, c.req.valid('json').comment), 200),
  )
  .delete(
    '/',
    operation('users.deleteByBody', {
      tag: 'Administration',
      summary: 'The same with the id in the body, because URLs end up in logs',
      answers: { 200: Erased },
      errors,
    }),
    valid('json', ErasureByBody),
    async (c) => {
      const { userId, comment } = c.req.valid('json')
      return c.json(await erase(c, userId, comment), 200)
    },
  )
