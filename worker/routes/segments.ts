import { Hono, type Context } from 'hono'
import * as z from 'zod'
import { Comment } from '../../schema/flag.ts'
import { createPageSchema } from '../../schema/page.ts'
import {
  ListedSegment,
  SegmentEdit,
  SegmentKey,
  SegmentPatch,
  SegmentQuery,
  SegmentReplacement,
  SegmentSettings,
  SegmentWithUsers,
} from '../../schema/segment.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { readPrecondition, PRECONDITION } from '../middleware/precondition.ts'
import { operation } from '../openapi/operation.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { listSegments } from '../store/list-segments.ts'
import { editSegment, getSegmentWithUsers, type SegmentResult } from '../store/segments.ts'
import { describeSegmentProblem, segmentNotFound } from './segment-problems.ts'

const ByKey = z.object({ key: SegmentKey })
const Reasoned = z.strictObject({ comment: Comment })

const edit = (id: string, summary: string, answers: Record<number, z.ZodType>) =>
  operation(id, {
    tag: 'Administration',
    summary,
    answers,
    errors: [400, 401, 403, 404, 409, 412, 413, 415, 503],
    reads: PRECONDITION,
    headers: ['ETag'],
  })

/** The response to an edit. */
const respond = async (c: Context<AdminEnv>, result: SegmentResult) => {
  if (result.outcome !== 'done') throw describeSegmentProblem(result)
  const { before, segment, snapshotVersion } = result
  if (segment) c.header('ETag', `"${segment.version}"`)
  const publication = await publishEdit(c.env, snapshotVersion)
  return c.json({ segment, ...publication }, segment && !before ? 201 : 200)
}

export const segmentRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    operation('segments.list', {
      tag: 'Administration',
      summary: 'Segments in the order of their keys, with the sizes of their lists',
      answers: { 200: createPageSchema(ListedSegment) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', SegmentQuery),
    async (c) => {
      const { limit, cursor, search = '' } = c.req.valid('query')
      const after = cursor === undefined ? '' : decodeCursor(cursor, SegmentKey)
      const rows = await listSegments(openDatabase(c.env.DB), search, after, limit + 1)
      return c.json(
        toPage(rows, limit, ({ key }) => key),
        200,
      )
    },
  )
  .get(
    '/:key',
    operation('segments.get', {
      tag: 'Administration',
      summary: 'One segment and what uses it; its `ETag` is its version',
      answers: { 200: SegmentWithUsers },
      headers: ['ETag'],
      errors: [400, 401, 403, 404, 503],
    }),
    valid('param', ByKey),
    async (c) => {
      const segment = await getSegmentWithUsers(openDatabase(c.env.DB), c.req.valid('param').key)
      if (!segment) throw segmentNotFound()
      c.header('ETag', `"${segment.version}"`)
      return c.json(segment, 200)
    },
  )
  .put(
    '/:key',
    edit('segments.set', 'Creates or replaces a segment; an absent member takes its default', {
      200: SegmentEdit,
      201: SegmentEdit,
    }),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', SegmentReplacement),
    async (c) => {
      const { comment, ...settings } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const { key } = c.req.valid('param')
      return respond(
        c,
        await editSegment(db, key, readPrecondition(c), getEditor(c, comment), () => settings),
      )
    },
  )
  .patch(
    '/:key',
    edit('segments.update', 'Changes only the named members of a segment', { 200: SegmentEdit }),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', SegmentPatch),
    async (c) => {
      const { comment, ...patch } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const { key } = c.req.valid('param')
      return respond(
        c,
        await editSegment(db, key, readPrecondition(c), getEditor(c, comment), (segment) =>
          segment ? SegmentSettings.strip().parse({ ...segment, ...patch }) : undefined,
        ),
      )
    },
  )
  .delete(
    '/:key',
    operation('segments.delete', {
      tag: 'Administration',
      summary: 'Deletes a segment that no flag uses; the audit keeps its settings',
      answers: { 200: SegmentEdit },
      errors: [400, 401, 403, 404, 409, 412, 413, 415, 503],
      reads: PRECONDITION,
    }),
    atLeast('admin'),
    valid('param', ByKey),
    valid('json', Reasoned),
    async (c) => {
      const { comment } = c.req.valid('json')
      const db = openDatabase(c.env.DB)
      const { key } = c.req.valid('param')
      return respond(
        c,
        await editSegment(db, key, readPrecondition(c), getEditor(c, comment), (segment) =>
          segment ? null : undefined,
        ),
      )
    },
  )
