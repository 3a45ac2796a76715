import { Hono, type Context } from 'hono'
import * as z from 'zod'
import {
  Comment,
  ConsistentSettings,
  Flag,
  FlagEdit,
  FlagKey,
  FlagPatch,
  FlagReplacement,
  type FlagSettings,
  ListedFlag,
} from '../../schema/flag.ts'
import type { FlagType } from '../../schema/flag-value.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { refuseInvalid, valid } from '../middleware/body.ts'
import { readPrecondition, PRECONDITION } from '../middleware/precondition.ts'
import { Problem } from '../http/problem.ts'
import { describeContention, describeVersionMismatch } from './edit-problems.ts'
import { missingSegments } from './segment-problems.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import { editFlag, getFlag, listFlags, type EditResult } from '../store/flags.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { operation } from '../openapi/operation.ts'

const ByKey = z.object({ key: FlagKey })
const Reasoned = z.strictObject({ comment: Comment })

const EDIT_ERRORS = [400, 401, 403, 404, 409, 412, 413, 415, 503]

const notFound = () => new Problem('FLAG_NOT_FOUND', 'no flag has this key')

const describeFixedType = (type: FlagType) =>
  `the flag is of type ${type}, which apps rely on: the type of a flag cannot change`

const typeFixed = (type: FlagType) =>
  new Problem('CONFLICT', describeFixedType(type), {
    issues: [{ path: 'type', message: `send ${type}, or make another flag` }],
  })

/** Adds the members of a PATCH. What they say about each other is checked against the whole flag. */
const patchSettings = (
  flag: FlagSettings,
  patch: Pick<z.infer<typeof FlagPatch>, 'type'>,
): FlagSettings => {
  const { type = 'boolean' } = flag
  // The values of another type would be refused first, with advice that leads nowhere.
  if ((patch.type ?? type) !== type) throw typeFixed(type)
  const { success, data, error } = ConsistentSettings.safeParse({ ...flag, ...patch })
  return success ? data : refuseInvalid(error.issues)
}

const describeProblem = (result: Exclude<EditResult, { outcome: 'done' }>): Problem => {
  switch (result.outcome) {
    case 'not found':
      return notFound()
    case 'key taken':
      return new Problem(
        'CONFLICT',
        'an experiment has this key; flags and experiments share one namespace',
      )
    case 'type fixed':
      return typeFixed(result.type)
    case 'precondition failed':
      return describeVersionMismatch('flag', result.current)
    case 'segments missing':
      return missingSegments(result.keys)
    case 'quota exceeded':
      return new Problem('CONFLICT', result.reason)
    case 'contended':
      return describeContention('flag')
  }
}

/** The response to an edit. */
const respond = async (c: Context<AdminEnv>, result: EditResult) => {
  if (result.outcome !== 'done') throw describeProblem(result)
  const { before, flag, snapshotVersion } = result
  if (flag) c.header('ETag', `"${flag.version}"`)
  const publication = await publishEdit(c.env, snapshotVersion)
  return c.json({ flag, ...publication }, flag && !before ? 201 : 200)
}

export const flagRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    operation('flags.list', {
      tag: 'Administration',
      summary: 'Flags in the order of their keys, each with its last editor',
      answers: { 200: createPageSchema(ListedFlag) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', PageQuery),
    async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = cursor === undefined ? '' : decodeCursor(cursor, FlagKey)
      const rows = await listFlags(openDatabase(c.env.DB), after, limit + 1)
      return c.json(
        toPage(rows, limit, ({ key }) => key),
        200,
      )
    },
  )
  .get(
    '/:key',
    operation('flags.get', {
      tag: 'Administration',
      summary: 'One flag; its `ETag` is its version',
      answers: { 200: Flag },
      headers: ['ETag'],
      errors: [400, 401, 403, 404, 503],
    }),
    valid('param', ByKey),
    async (c) => {
      const flag = await getFlag(openDatabase(c.env.DB), c.req.valid('param').key)
      if (!flag) throw notFound()
      c.header('ETag', `"${flag.version}"`)
      return c.json(flag, 200)
    },
  )
  .put(
    '/:key',
    operation('flags.set', {
      tag: 'Administration',
      summary: 'Creates or replaces a flag; an absent member takes its default',
      answers: { 200: FlagEdit, 201: FlagEdit },
      errors: EDIT_ERRORS,
      reads: PRECONDITION,
      headers: ['ETag'],
    }),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', FlagReplacement),
    async (c) => {
      const { comment, ...settings } = c.req.valid('json')
      const { key } = c.req.valid('param')
      const db = openDatabase(c.env.DB)
      return respond(
        c,
        await editFlag(db, key, readPrecondition(c), getEditor(c, comment), () => settings),
      )
    },
  )
  .patch(
    '/:key',
    operation('flags.update', {
      tag: 'Administration',
      summary: 'Changes only the named members of a flag',
      answers: { 200: FlagEdit },
      errors: EDIT_ERRORS,
      reads: PRECONDITION,
      headers: ['ETag'],
    }),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', FlagPatch),
    async (c) => {
      const { comment, ...patch } = c.req.valid('json')
      const { key } = c.req.valid('param')
      const db = openDatabase(c.env.DB)
      return respond(
        c,
        await editFlag(db, key, readPrecondition(c), getEditor(c, comment), (flag) =>
          flag ? patchSettings(flag, patch) : undefined,
        ),
      )
    },
  )
  .delete(
    '/:key',
    operation('flags.delete', {
      tag: 'Administration',
      summary: 'Deletes a flag; the audit keeps its settings',
      answers: { 200: FlagEdit },
      errors: EDIT_ERRORS,
      reads: PRECONDITION,
    }),
    atLeast('admin'),
    valid('param', ByKey),
    valid('json', Reasoned),
    async (c) => {
      const { comment } = c.req.valid('json')
      const { key } = c.req.valid('param')
      const db = openDatabase(c.env.DB)
      return respond(
        c,
        await editFlag(db, key, readPrecondition(c), getEditor(c, comment), (flag) =>
          flag ? null : undefined,
        ),
      )
    },
  )
