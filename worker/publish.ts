import { describeError } from './lib/describe-error.ts'
import type { Env } from './env.ts'
import { withDeadline } from './lib/with-deadline.ts'
import { getPublisher } from './objects/publisher/publisher.ts'
import { readerOf } from './snapshot/isolate.ts'

/** How long an admin waits to hear that an edit is out; it will be, either way. */
const PUBLISH_DEADLINE_MS = 2_000

/** The version in which an edit takes effect, and whether that is out already. */
export type Publication = { readonly snapshotVersion: number; readonly published: boolean }

/**
 * Tells the Publisher of a committed edit, and has this isolate take it over: whoever edits and then looks, here, sees
 * the edit without naming its version.
 *
 * That it is not published is no failure: the edit is in D1, and the Publisher finds it by its alarm, by the next
 * reader's question or by the cron.
 */
export const publish = async (env: Env, version: number): Promise<Publication> => {
  try {
    const { contained, visibleIn } = await withDeadline(
      getPublisher(env).publish(version),
      PUBLISH_DEADLINE_MS,
    )
    const published = contained >= version
    if (published) await readerOf(env).current({ minVersion: visibleIn }, () => {})
    return { snapshotVersion: visibleIn, published }
  } catch (error) {
    console.warn({ event: 'publish.late', snapshotVersion: version, error: describeError(error) })
    return { snapshotVersion: version, published: false }
  }
}
