import { Hono } from 'hono'
import {
  Experiment,
  ExperimentCreation,
  ExperimentEdit,
  ExperimentKey,
  ExperimentPatch,
  Launch,
} from '../../schema/experiment.ts'
import { PageQuery, createPageSchema } from '../../schema/page.ts'
import { launch, pause, revise, stop } from '../experiments/lifecycle.ts'
import { atLeast, getEditor, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { requiredVersion } from '../middleware/precondition.ts'
import { operation } from '../openapi/operation.ts'
import { openDatabase } from '../store/database.ts'
import {
  createExperiment,
  editExperiment,
  getExperimentWithHistory,
  listExperiments,
} from '../store/experiments.ts'
import { decodeCursor, toPage } from '../http/cursor.ts'
import { ByKey, edit, notFound, Reasoned, respond, transition } from './experiment-edit.ts'

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
