import { app } from './app.ts'
import { describeError } from './lib/describe-error.ts'
import type { Env } from './env.ts'
import { getPublisher } from './objects/stubs.ts'
import { enforceRetention } from './store/retention.ts'

export { Participant } from './objects/participant/participant.ts'
export { Publisher } from './objects/publisher/publisher.ts'

export default {
  fetch: app.fetch,
  /** Every minute: repairs a lost alarm, and deletes expired rows. A failure of one does not stop the other. */
  async scheduled(_controller, env) {
    const chores = [getPublisher(env).reconcile(), enforceRetention(env, Date.now())]
    for (const chore of await Promise.allSettled(chores))
      if (chore.status === 'rejected')
        console.error({ event: 'schedule.failed', error: describeError(chore.reason) })
  },
} satisfies ExportedHandler<Env>
