import { app } from './app.ts'
import { describeError } from './lib/describe-error.ts'
import type { Env } from './env.ts'
import { requireOwnDatabase } from './objects/own-database.ts'
import { getPublisher } from './objects/stubs.ts'
import { purgeDeletedExperiments } from './store/delete-experiment.ts'
import { enforceRetention } from './store/retention.ts'

export { Participant } from './objects/participant/participant.ts'
export { Publisher } from './objects/publisher/publisher.ts'

export default {
  fetch: app.fetch,
  /** Every minute: repairs a lost alarm, and deletes expired rows and those of deleted experiments. A failure of one does not stop the others. */
  async scheduled(_controller, env) {
    const deleteRows = async (from: (env: Env, now: number) => Promise<void>) => {
      await requireOwnDatabase(env)
      await from(env, Date.now())
    }
    const chores = [
      getPublisher(env).reconcile(),
      deleteRows(enforceRetention),
      deleteRows(purgeDeletedExperiments),
    ]
    for (const chore of await Promise.allSettled(chores))
      if (chore.status === 'rejected')
        console.error({ event: 'schedule.failed', error: describeError(chore.reason) })
  },
} satisfies ExportedHandler<Env>
