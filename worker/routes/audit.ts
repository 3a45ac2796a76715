import { Hono } from 'hono'
import * as z from 'zod'
import { AuditEntry, Reversion } from '../../schema/audit.ts'
import { ExperimentEdit } from '../../schema/experiment.ts'
import { FlagEdit } from '../../schema/flag.ts'
import { SegmentEdit } from '../../schema/segment.ts'
import { MAX_EMAIL_LENGTH } from '../../schema/member.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { atLeast, getEditor, requireRole, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { Problem } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { getAuditEntry, listAudit } from '../store/audit.ts'
import { openDatabase } from '../store/database.ts'
import { editFlag, type EditResult } from '../store/flags.ts'
import { revertExperiment, type Reverted } from '../store/revert-experiment.ts'
import { editSegment, type SegmentResult } from '../store/segments.ts'
import { decodeCursor, encodeCursor } from '../http/cursor.ts'
import { describeContention } from './edit-problems.ts'
import { changedAgain, readFormer, toPrecondition } from './reversion.ts'
import { describeSegmentProblem, missingSegments } from './segment-problems.ts'
import { operation } from '../openapi/operation.ts'

const LONGEST_TARGET = 'member:'.length + MAX_EMAIL_LENGTH

const AuditQuery = PageQuery.extend({
  target: z
    .string()
    .max(LONGEST_TARGET)
    .regex(/^\w+:/, { error: 'send the kind and the key, as in flag:feature.new_checkout' })
    .optional()
    .describe('As in `flag:feature.new_checkout`.'),
  actor: z.string().max(MAX_EMAIL_LENGTH).optional(),
})

const Position = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number)

const ById = z.object({ id: z.coerce.number().int().min(1) })

const describeFlagProblem = (result: Exclude<EditResult, { outcome: 'done' }>, id: number) => {
  switch (result.outcome) {
    case 'precondition failed':
      return changedAgain('flag', id)
    case 'key taken':
      return new Problem('CONFLICT', 'an experiment has this key by now')
    case 'not found':
      return new Problem('CONFLICT', 'the flag is gone already')
    case 'type fixed':
      return new Problem('CONFLICT', `a newer flag with this key has the type ${result.type}`)
    case 'segments missing':
      return missingSegments(result.keys)
    case 'quota exceeded':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return describeContention('flag')
  }
}

const describeSegmentReversion = (
  result: Exclude<SegmentResult, { outcome: 'done' }>,
  id: number,
) => {
  if (result.outcome === 'precondition failed') return changedAgain('segment', id)
  return result.outcome === 'not found'
    ? new Problem('CONFLICT', 'the segment is gone already')
    : describeSegmentProblem(result)
}

const describeExperimentProblem = (result: Exclude<Reverted, { outcome: 'done' }>, id: number) => {
  switch (result.outcome) {
    case 'changed again':
    case 'precondition failed':
      return changedAgain('experiment', id)
    case 'key taken':
      return new Problem('CONFLICT', 'a flag or an experiment has this key by now')
    case 'not found':
      return new Problem('CONFLICT', 'the experiment is gone already')
    case 'refused':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return describeContention('experiment')
  }
}

export const auditRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    operation('audit.list', {
      tag: 'Administration',
      summary: 'All changes with actor, time and comment; the newest first',
      answers: { 200: createPageSchema(AuditEntry) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', AuditQuery),
    async (c) => {
      const { limit, cursor, target, actor } = c.req.valid('query')
      const before = cursor === undefined ? undefined : decodeCursor(cursor, Position)
      const { entries, hasMore } = await listAudit(openDatabase(c.env.DB), {
        target,
        actor,
        before,
        limit,
      })
      const last = entries.at(-1)
      return c.json(
        { items: entries, nextCursor: hasMore && last ? encodeCursor(last.id) : null },
        200,
      )
    },
  )
  .post(
    '/:id/revert',
    operation('audit.revert', {
      tag: 'Administration',
      summary:
        'Reverts a change of a flag, a segment, or a draft or paused experiment, by a new edit; 409 when it would undo a newer one',
      answers: { 200: z.union([FlagEdit, SegmentEdit, ExperimentEdit]) },
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
      const { kind, key, settings } = readFormer(entry)
      if (settings === null) requireRole(c, 'admin')
      const why = comment ? `Reverts #${id}: ${comment}` : `Reverts #${id}`
      const editor = getEditor(c, why)
      const precondition = force ? undefined : toPrecondition(entry)
      if (kind === 'experiment') {
        const result = await revertExperiment(db, editor, key, settings, precondition)
        if (result.outcome !== 'done') throw describeExperimentProblem(result, id)
        const { experiment, snapshotVersion } = result
        return c.json({ experiment, ...(await publishEdit(c.env, snapshotVersion)) }, 200)
      }
      if (kind === 'segment') {
        const result = await editSegment(db, key, precondition, editor, (segment) =>
          settings === null && segment === null ? undefined : settings,
        )
        if (result.outcome !== 'done') throw describeSegmentReversion(result, id)
        const { segment, snapshotVersion } = result
        return c.json({ segment, ...(await publishEdit(c.env, snapshotVersion)) }, 200)
      }
      const result = await editFlag(db, key, precondition, editor, (flag) =>
        settings === null && flag === null ? undefined : settings,
      )
      if (result.outcome !== 'done') throw describeFlagProblem(result, id)
      const { flag, snapshotVersion } = result
      return c.json({ flag, ...(await publishEdit(c.env, snapshotVersion)) }, 200)
    },
  )
