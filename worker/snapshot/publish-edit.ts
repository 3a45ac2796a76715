import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { getPublisher } from '../objects/stubs.ts'
import { getSnapshotReader } from './isolate-reader.ts'

/** How long an edit waits for its publication. The Publisher publishes it in any case. */
const PUBLISH_DEADLINE_MS = 2_000

/** The version in which an edit takes effect, and whether it is published already. */
export type Publication = { readonly snapshotVersion: number; readonly published: boolean }

/**
 * Asks the Publisher to publish a committed edit, and loads that version here, so that an admin's next read through
 * this isolate shows the edit.
 *
 * A late publication is not an error: the edit is in D1, and the Publisher finds it by its alarm, by the next question
 * of a reader or by the cron.
 */
export const publishEdit = async (env: Env, version: number): Promise<Publication> => {
  try {
    const { databaseVersion, visibleIn } = await withDeadline(
      getPublisher(env).publish(version),
      PUBLISH_DEADLINE_MS,
    )
    const published = databaseVersion >= version
    if (published) await getSnapshotReader(env).current({ minVersion: visibleIn }, () => {})
    return { snapshotVersion: visibleIn, published }
  } catch (error) {
    console.warn({ event: 'publish.late', snapshotVersion: version, error: describeError(error) })
    return { snapshotVersion: version, published: false }
  }
}
