import { Hono } from 'hono'
import { archive, remove, unarchive } from '../experiments/lifecycle.ts'
import { atLeast, type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { purgeDeletedExperiments } from '../store/delete-experiment.ts'
import { ByKey, edit, Reasoned, transition } from './experiment-edit.ts'

/** What happens to an experiment after its stop. */
export const experimentLifetimeRoutes = new Hono<AdminEnv>()
  .post(
    '/:key/archive',
    edit(
      'experiments.archive',
      'Takes a stopped experiment out of lists and the snapshot; results stay. Late rows are refused, and apps get `EXPERIMENT_NOT_FOUND`',
    ),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Reasoned),
    (c) => {
      const { comment } = c.req.valid('json')
      return transition(c, c.req.valid('param').key, 'experiment.archive', comment, archive)
    },
  )
  .post(
    '/:key/unarchive',
    edit('experiments.unarchive', 'Brings an archived experiment back; it stays stopped'),
    atLeast('editor'),
    valid('param', ByKey),
    valid('json', Reasoned),
    (c) => {
      const { comment } = c.req.valid('json')
      return transition(c, c.req.valid('param').key, 'experiment.unarchive', comment, unarchive)
    },
  )
  .delete(
    '/:key',
    edit(
      'experiments.delete',
      'Deletes a draft, or an archived experiment with its assignments, exposures and results. The key of the latter is not free again. The audit keeps the settings',
      { headers: [] },
    ),
    atLeast('admin'),
    valid('param', ByKey),
    valid('json', Reasoned),
    async (c) => {
      const { comment } = c.req.valid('json')
      const answer = await transition(
        c,
        c.req.valid('param').key,
        'experiment.delete',
        comment,
        remove,
      )
      c.executionCtx.waitUntil(purgeDeletedExperiments(c.env))
      return answer
    },
  )
