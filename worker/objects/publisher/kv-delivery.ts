import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import { parseSnapshot } from '../../snapshot/parse.ts'
import { getPublishedSnapshot, putPublishedSnapshot } from '../../store/snapshot.ts'
import type { PublisherStore } from './publisher-store.ts'
import type { Alarm } from './alarm.ts'

/** KV takes one write a second for a key; a little more leaves room for clocks. */
export const PUT_INTERVAL_MS = 1_100
/** How long a put may take. */
const PUT_DEADLINE_MS = 10_000

/** The version of what KV has; -1 when no reader could read it. */
const versionIn = (published: string | null): number => {
  try {
    return published === null ? -1 : parseSnapshot(published).version
  } catch {
    return -1
  }
}

/** The way from the shelf into KV. */
export const createKvDelivery = (shelf: PublisherStore, waker: Alarm, kv: () => KVNamespace) => {
  let isDelivering = false

  /** Puts the newest snapshot into KV, at most one put a second; what comes meanwhile goes in the next. */
  const deliver = async (): Promise<void> => {
    const { state } = shelf
    if (isDelivering || state.delivered === state.version) return
    const sinceLastPut = Date.now() - state.putAt
    if (sinceLastPut >= 0 && sinceLastPut < PUT_INTERVAL_MS)
      return waker.wakeIn(PUT_INTERVAL_MS - sinceLastPut)
    isDelivering = true
    shelf.putStarted(Date.now())
    const { version, builtAt } = state
    try {
      await withDeadline(
        putPublishedSnapshot(kv(), shelf.text(), { version, builtAt }),
        PUT_DEADLINE_MS,
      )
      shelf.delivered(version)
      waker.succeeded()
    } catch (error) {
      waker.failed()
      console.error({ event: 'publisher.put_failed', version, error: describeError(error) })
    }
    isDelivering = false
    if (state.delivered !== state.version) waker.wakeAgain()
  }

  /** Puts back what KV lost, or garbled. Who holds nothing, because this object lost it, leaves what KV has. */
  const mend = async (): Promise<void> => {
    if (shelf.state.version < 0) return
    try {
      const version = versionIn(await getPublishedSnapshot(kv()))
      if (version === shelf.state.version) return
      shelf.delivered(version)
      await deliver()
    } catch (error) {
      console.error({ event: 'publisher.kv_unreadable', error: describeError(error) })
    }
  }

  return { deliver, mend }
}
