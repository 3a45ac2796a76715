import { Hono } from 'hono'
import * as z from 'zod'
import {
  Experiment,
  ExperimentCreation,
  ExperimentEdit,
  ExperimentPatch,
  Launch,
} from '../../schema/experiment.ts'
import { ExperimentQuery } from '../../schema/experiment-list.ts'
import { createPageSchema } from '../../schema/page.ts'
import { launch, pause, revise, stop } from '../experiments/lifecycle.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { requiredVersion } from '../middleware/precondition.ts'
import { operation } from '../openapi/operation.ts'
import { openDatabase } from '../store/database.ts'
import { createExperiment, editExperiment, getExperimentWithHistory } from '../store/experiments.ts'
import { listExperiments } from '../store/list-experiments.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { ByKey, edit, notFound, Reasoned, respond, transition } from './experiment-edit.ts'

/** A cursor from before lists by status is a key. */
const Position = z
  .string()
  .regex(/^(\d:)?[a-z0-9-]{1,128}$/)
  .transform((text) => ({
    rank: Number(/^\d(?=:)/.exec(text)?.[0] ?? 0),
    key: text.replace(/^\d:/, ''),
  }))

export const experimentRoutes = new Hono<AdminEnv>()
  .get(
    '/',
    operation('experiments.list', {
      tag: 'Administration',
      summary: 'Experiments by key or status, without the archived ones',
      answers: { 200: createPageSchema(Experiment) },
      errors: [400, 401, 403, 503],
    }),
    valid('query', ExperimentQuery),
    async (c) => {
      const { limit, cursor, ...filter } = c.req.valid('query')
      const after = cursor === undefined ? undefined : decodeCursor(cursor, Position)
      const db = openDatabase(c.env.DB)
      const rows = await listExperiments(db, filter, after, limit + 1, new Date())
      const page = toPage(rows, limit, ({ rank, experiment: { key } }) => `${rank}:${key}`)
      return c.json({ ...page, items: page.items.map(({ experiment }) => experiment) }, 200)
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
      'Changes what it names; while RUNNING only `description`, `owner`, `note` and `stopAt`, when STOPPED only `description`, `owner`, `note` and `decision`',
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
  .post(
    '/:key/launch',
    edit(
      'experiments.launch',
      'Starts a draft, or goes on with a paused experiment; with `startOver` a stopped one runs again',
    ),
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
        (current, now, assigned) => launch(current, schedule, now, assigned, startOver),
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
    edit(
      'experiments.stop',
      'Ends it; a launch with `startOver` runs it again, and its results then begin anew',
    ),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Reasoned),
    (c) =>
      transition(c, c.req.valid('param').key, 'experiment.stop', c.req.valid('json').comment, stop),
  )
