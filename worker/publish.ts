import { describeError } from './describe-error.ts'
import type { Env } from './env.ts'
import { inTime } from './in-time.ts'
import { publisherOf } from './objects/publisher.ts'
import { readerOf } from './snapshot/isolate.ts'

/** How long an admin waits to hear that an edit is out; it will be, either way. */
const PUBLISH_DEADLINE_MS = 2_000

/**
 * Tells the Publisher of a committed edit, and has this isolate take it over: whoever edits and then looks, here, sees
 * the edit without naming its version.
 *
 * @returns whether the edit is in effect already. False is no failure: the edit is in D1, and the Publisher finds it
 *   by its alarm, by the next reader's question or by the cron.
 */
export const publish = async (env: Env, snapshotVersion: number): Promise<boolean> => {
  try {
    const published = await inTime(publisherOf(env).publish(snapshotVersion), PUBLISH_DEADLINE_MS)
    await readerOf(env).current({ minVersion: published }, () => {})
    return published >= snapshotVersion
  } catch (error) {
    console.warn({ event: 'publish.late', snapshotVersion, error: describeError(error) })
    return false
  }
}
