import { Hono } from 'hono'
import * as z from 'zod'
import { AuditEntry, Reversion } from '../../schema/audit.ts'
import { FlagEdit, FlagSettings } from '../../schema/flag.ts'
import { PageQuery, pageOf } from '../../schema/page.ts'
import { atLeast, editorOf, requireRole, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { Problem, unavailable } from '../problem.ts'
import { publish } from '../publish.ts'
import { getAuditEntry, listAudit } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { editFlag, type EditResult } from '../store/flags.ts'
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

const ById = z.object({ id: z.coerce.number().int().min(1) })

/** The key and the settings that a reversion brings back; null: the flag was not there before. */
const formerOf = ({ action, target, before }: AuditEntry) => {
  const settings = FlagSettings.strip().nullable().safeParse(before)
  if (!action.startsWith('flag.') || !settings.success)
    throw new Problem('CONFLICT', `${action} cannot be reverted; only changes of flags can`)
  return { key: target.slice('flag:'.length), settings: settings.data }
}

/** The state that a change left: as long as that stands, nothing newer is overwritten. */
const leftBy = ({ after }: AuditEntry) =>
  after === null ? ('absent' as const) : { version: Number(after.version) }

const problemOf = (result: Exclude<EditResult, { outcome: 'done' }>, id: number): Problem => {
  switch (result.outcome) {
    case 'precondition failed':
      return new Problem(
        'CONFLICT',
        `the flag was changed again after #${id}; \`force\` reverts it all the same`,
      )
    case 'key taken':
      return new Problem('CONFLICT', 'an experiment has this key by now')
    case 'not found':
      return new Problem('CONFLICT', 'the flag is gone already')
    case 'no room':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return unavailable('others keep editing this flag at the same time; nothing was changed')
  }
}

export const auditRoutes = new Hono<AdminEnv>()
  .get(
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
  .post(
    '/:id/revert',
    operation('audit.revert', {
      tag: 'Administration',
      summary:
        'Brings back what a change of a flag replaced: an edit like any other, 409 when it would undo something newer',
      answers: { 200: FlagEdit },
      errors: [400, 401, 403, 404, 409, 413, 415, 503],
    }),
    atLeast('editor'),
    valid('param', ById),
    valid('json', Reversion),
    async (c) => {
      const { id } = c.req.valid('param')
      const { force, comment } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const entry = await getAuditEntry(db, id)
      if (!entry) throw new Problem('NOT_FOUND', 'there is no such change')
      const { key, settings } = formerOf(entry)
      if (settings === null) requireRole(c, 'admin')
      const why = comment ? `Reverts #${id}: ${comment}` : `Reverts #${id}`
      const editor = editorOf(c, why)
      const result = await editFlag(db, key, force ? undefined : leftBy(entry), editor, (flag) =>
        settings === null && flag === null ? undefined : settings,
      )
      if (result.outcome !== 'done') throw problemOf(result, id)
      const { flag, snapshotVersion } = result
      return c.json(
        { flag, snapshotVersion, published: await publish(c.env, snapshotVersion) },
        200,
      )
    },
  )
