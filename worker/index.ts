import { app } from './app.ts'
import type { Env } from './env.ts'
import { publisherOf } from './objects/publisher.ts'

export { Participant } from './objects/participant.ts'
export { Publisher } from './objects/publisher.ts'

export default {
  fetch: app.fetch,
  /** Every minute: mends what an alarm lost. */
  scheduled: (_controller, env) => publisherOf(env).reconcile(),
} satisfies ExportedHandler<Env>
