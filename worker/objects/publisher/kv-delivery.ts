import { describeError } from '../../lib/describe-error.ts'
import { elapsedSince } from '../../lib/elapsed.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import { parseSnapshot } from '../../snapshot/parse.ts'
import { getPublishedSnapshot, putPublishedSnapshot } from '../../store/snapshot.ts'
import type { Alarm } from './alarm.ts'
import type { PublisherStore } from './publisher-store.ts'

/** KV accepts one write a second for a key. A little more leaves room for clocks that differ. */
export const PUT_INTERVAL_MS = 1_100
const PUT_DEADLINE_MS = 10_000

/** The version of the snapshot in KV; -1 when there is none that a reader could parse. */
const parseVersion = (published: string | null): number => {
  try {
    return published === null ? -1 : parseSnapshot(published).version
  } catch {
    return -1
  }
}

/** Brings the newest snapshot from the Publisher's store into KV. */
export const createKvDelivery = (store: PublisherStore, alarm: Alarm, kv: () => KVNamespace) => {
  let isDelivering = false

  /** Puts the newest snapshot into KV, at most one put a second. A snapshot that is built meanwhile goes into the next put. */
  const deliver = async (): Promise<void> => {
    const { state } = store
    if (isDelivering || state.delivered === state.version) return
    const sinceLastPut = elapsedSince(state.putAt)
    if (sinceLastPut < PUT_INTERVAL_MS) return alarm.scheduleAfter(PUT_INTERVAL_MS - sinceLastPut)
    isDelivering = true
    store.setPutAt(Date.now())
    const { version, builtAt } = state
    try {
      const put = putPublishedSnapshot(kv(), store.text(), { version, builtAt })
      await withDeadline(put, PUT_DEADLINE_MS)
      store.setDelivered(version)
      alarm.resetFailures()
    } catch (error) {
      alarm.countFailure()
      console.error({ event: 'publisher.put_failed', version, error: describeError(error) })
    }
    isDelivering = false
    if (state.delivered !== state.version) alarm.retryLater()
  }

  /** Puts the snapshot again when KV lost or damaged it. A Publisher that lost its own snapshot leaves KV as it is. */
  const repair = async (): Promise<void> => {
    if (store.state.version < 0) return
    try {
      const version = parseVersion(await getPublishedSnapshot(kv()))
      if (version === store.state.version) return
      store.setDelivered(version)
      await deliver()
    } catch (error) {
      console.error({ event: 'publisher.kv_unreadable', error: describeError(error) })
    }
  }

  return { deliver, repair }
}
