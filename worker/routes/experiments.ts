import { Hono, type Context } from 'hono'
import * as z from 'zod'
import type { AuditAction } from '../../schema/audit.ts'
import {
  Experiment,
  ExperimentCreation,
  ExperimentEdit,
  ExperimentKey,
  ExperimentPatch,
  Launch,
} from '../../schema/experiment.ts'
import { Comment } from '../../schema/flag.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { launch, mayDelete, pause, revise, stop, type Decision } from '../experiments/lifecycle.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { requiredVersion } from '../middleware/precondition.ts'
import { operation, type Description } from '../openapi/operation.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { publishEdit } from '../snapshot/publish-edit.ts'
import { openDatabase } from '../store/database.ts'
import {
  createExperiment,
  editExperiment,
  getExperimentWithHistory,
  listExperiments,
  type ExperimentResult,
} from '../store/experiments.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'

const ByKey = z.object({ key: ExperimentKey })
const Reasoned = z.strictObject({ comment: Comment })

const EDIT_ERRORS = [400, 401, 403, 404, 409, 412, 413, 415, 503]

const notFound = () => new Problem('EXPERIMENT_NOT_FOUND', 'no experiment has this key')

const problemOf = (result: Exclude<ExperimentResult, { outcome: 'done' }>): Problem => {
  switch (result.outcome) {
    case 'not found':
      return notFound()
    case 'key taken':
      return new Problem('CONFLICT', 'a flag or an experiment has this key already')
    case 'refused':
      return new Problem('CONFLICT', result.reason)
    case 'precondition failed':
      return new Problem(
        'VERSION_MISMATCH',
        `the experiment is at version ${result.current.version} by now: read it again, then edit that`,
      )
    case 'contended':
      return unavailable(
        'others keep editing this experiment at the same time; nothing was changed',
      )
  }
}

/** What became of an edit, as a response. */
const respond = async <Status extends 200 | 201>(
  c: Context<AdminEnv>,
  result: ExperimentResult,
  status: Status,
) => {
  if (result.outcome !== 'done') throw problemOf(result)
  const { experiment, snapshotVersion } = result
  if (experiment) c.header('ETag', `"${experiment.version}"`)
  return c.json({ experiment, ...(await publishEdit(c.env, snapshotVersion)) }, status)
}

/** One step of the life cycle, from the key in the path. */
const transition = async (
  c: Context<AdminEnv>,
  key: string,
  action: AuditAction,
  comment: string | undefined,
  decide: (current: Experiment, now: Date, assignedVariants: readonly string[]) => Decision,
  startsOver?: boolean,
) => {
  const editor = getEditor(c, comment)
  const result = await editExperiment(openDatabase(c.env.DB), editor, {
    key,
    action,
    version: requiredVersion(c),
    decide: (current, assigned) => decide(current, editor.at, assigned),
    startsOver,
  })
  return respond(c, result, 200)
}

const edit = (id: string, summary: string, rest: Partial<Description> = {}) =>
  operation(id, {
    tag: 'Administration',
    summary,
    answers: { 200: ExperimentEdit },
    errors: EDIT_ERRORS,
    reads: ['If-Match'],
    headers: ['ETag'],
    ...rest,
  })

export const experimentRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    operation('experiments.list', {
      tag: 'Administration',
      summary: 'Experiments in the order of their keys',
      answers: { 200: createPageSchema(Experiment) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', PageQuery),
    async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = cursor === undefined ? '' : decodeCursor(cursor, ExperimentKey)
      const rows = await listExperiments(openDatabase(c.env.DB), after, limit + 1)
      return c.json(
        toPage(rows, limit, ({ key }) => key),
        200,
      )
    },
  )
  .post(
    '/',
    edit('experiments.create', 'Creates a draft', { answers: { 201: ExperimentEdit }, reads: [] }),
    atLeast('editor'),
    valid('json', ExperimentCreation),
    async (c) => {
      const { comment, ...settings } = c.req.valid('json')
      const editor = getEditor(c, comment)
      return respond(c, await createExperiment(openDatabase(c.env.DB), editor, settings), 201)
    },
  )
  .get(
    '/:key',
    operation('experiments.get', {
      tag: 'Administration',
      summary: 'One experiment; its `ETag` is its version',
      answers: { 200: Experiment },
      headers: ['ETag'],
      errors: [400, 401, 403, 404, 503],
    }),
    valid('param', ByKey),
    async (c) => {
      const experiment = await getExperimentWithHistory(
        openDatabase(c.env.DB),
        c.req.valid('param').key,
      )
      if (!experiment) throw notFound()
      c.header('ETag', `"${experiment.version}"`)
      return c.json(experiment, 200)
    },
  )
  .patch(
    '/:key',
    edit(
      'experiments.update',
      'Changes what it names; while RUNNING only `description` and `stopAt`, when STOPPED only `description`',
    ),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', ExperimentPatch),
    async (c) => {
      const { comment, ...patch } = c.req.valid('json')
      const editor = getEditor(c, comment)
      const result = await editExperiment(openDatabase(c.env.DB), editor, {
        key: c.req.valid('param').key,
        action: 'experiment.update',
        version: requiredVersion(c),
        decide: (current, assigned) => revise(current, patch, assigned, editor.at),
      })
      return respond(c, result, 200)
    },
  )
  .delete(
    '/:key',
    edit('experiments.delete', 'Deletes a draft; the audit keeps what it was', { headers: [] }),
    atLeast('admin'),
    valid('param', ByKey),
    valid('json', Reasoned),
    async (c) => {
      const result = await editExperiment(
        openDatabase(c.env.DB),
        getEditor(c, c.req.valid('json').comment),
        {
          key: c.req.valid('param').key,
          action: 'experiment.delete',
          version: requiredVersion(c),
          decide: (current) => {
            const refused = mayDelete(current)
            return refused === undefined ? { next: null } : { refused }
          },
        },
      )
      return respond(c, result, 200)
    },
  )
  .post(
    '/:key/launch',
    edit('experiments.launch', 'Starts a draft, or goes on with a paused experiment'),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Launch),
    async (c) => {
      const { comment, startAt, stopAt, startOver } = c.req.valid('json')
      const schedule = {
        ...(startAt !== undefined && { startAt }),
        ...(stopAt !== undefined && { stopAt }),
      }
      return transition(
        c,
        c.req.valid('param').key,
        'experiment.launch',
        comment,
        (current, now, assigned) => launch(current, schedule, now, assigned),
        startOver,
      )
    },
  )
  .post(
    '/:key/pause',
    edit(
      'experiments.pause',
      'From now on nobody sees a variant and nobody is assigned; who had one has it again after the next launch',
    ),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Reasoned),
    (c) =>
      transition(
        c,
        c.req.valid('param').key,
        'experiment.pause',
        c.req.valid('json').comment,
        pause,
      ),
  )
  .post(
    '/:key/stop',
    edit('experiments.stop', 'Ends it, for good'),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Reasoned),
    (c) =>
      transition(c, c.req.valid('param').key, 'experiment.stop', c.req.valid('json').comment, stop),
  )
