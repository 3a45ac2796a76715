import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { Comment } from '../../schema/flag.ts'
import { MAX_MEMBERS } from '../../schema/limits.ts'
import { Email, Member, MemberSetting } from '../../schema/member.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { deleteMember, listMembers, setMember, type MemberResult } from '../store/members.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'

const ByEmail = z.object({ email: Email })
const Reasoned = z.strictObject({ comment: Comment })
const MemberEdit = z
  .object({ member: Member, snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'MemberEdit' })

const errors = [400, 401, 403, 404, 409, 413, 415, 503]

const describeProblem = ({ outcome }: Exclude<MemberResult, { outcome: 'done' }>): Problem => {
  switch (outcome) {
    case 'not found':
      return new Problem('NOT_FOUND', 'no member has this address')
    case 'too many':
      return new Problem('CONFLICT', `there are ${MAX_MEMBERS} members: remove some first`)
    case 'contended':
      return unavailable('others edit this member at the same time; nothing was changed')
  }
}

const respond = async (c: Context<AdminEnv>, result: MemberResult) => {
  if (result.outcome !== 'done') throw describeProblem(result)
  const { member, snapshotVersion } = result
  return c.json({ member, ...(await publishEdit(c.env, snapshotVersion)) }, 200)
}

/** The roles of members, who sign in with Cloudflare Access. */
export const memberRoutes = new Hono<AdminEnv>()
  .use(atLeast('admin'))
  .get(
    '/',
    operation('members.list', {
      tag: 'Administration',
      summary: 'Members and their roles, by the email address that Cloudflare Access verifies',
      answers: { 200: createPageSchema(Member) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', PageQuery),
    async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = cursor === undefined ? '' : decodeCursor(cursor, Email)
      const rows = await listMembers(openDatabase(c.env.DB), after, limit + 1)
      return c.json(
        toPage(rows, limit, ({ email }) => email),
        200,
      )
    },
  )
  .put(
    '/:email',
    operation('members.set', {
      tag: 'Administration',
      summary: 'Adds a member or changes the role, at once',
      answers: { 200: MemberEdit },
      errors,
    }),
    valid('param', ByEmail),
    valid('json', MemberSetting),
    async (c) => {
      const { role, comment } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      return respond(
        c,
        await setMember(db, getEditor(c, comment), c.req.valid('param').email, role),
      )
    },
  )
  .delete(
    '/:email',
    operation('members.delete', {
      tag: 'Administration',
      summary: 'Removes a member, at once',
      answers: { 200: MemberEdit },
      errors,
    }),
    valid('param', ByEmail),
    valid('json', Reasoned),
    async (c) => {
      const editor = getEditor(c, c.req.valid('json').comment)
      const db = openDatabase(c.env.DB)
      return respond(c, await deleteMember(db, editor, c.req.valid('param').email))
    },
  )
