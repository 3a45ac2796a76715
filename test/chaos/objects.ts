import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getParticipant, getPublisher } from '../../worker/objects/stubs.ts'
import type { Publisher } from '../../worker/objects/publisher/publisher.ts'
import { countQueued } from '../support/participant-tables.ts'
import { realPause } from './time.ts'

const getObject = (who: string): DurableObjectStub =>
  who === 'publisher' ? getPublisher(env) : getParticipant(env, who)

/** Ignores a failure because the object is gone: the caller wanted that. */
const regardless = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work
  } catch {
    // The object is gone in both cases.
  }
}

/** Evicts the idle object from memory. Its storage stays. */
export const evictObject = (who: string) => regardless(evictDurableObject(getObject(who)))

/** An error with this text is not printed by the test pool. workerd reports it for each evicted object. */
const REASON = 'Instance dispose'

/** Aborts the object in the middle of its work. Callers see an error, and unstored data is lost. */
export const abortObject = (who: string) =>
  regardless(runInDurableObject(getObject(who), (_, state) => state.abort(REASON)))

/** Runs the pending alarm. Returns whether there was one. */
export const runAlarm = (who: string): Promise<boolean> => runDurableObjectAlarm(getObject(who))

/** The number of rows in a user's object that D1 has not confirmed. */
export const countPending = (userId: string): Promise<number> =>
  runInDurableObject(getObject(userId), (_, { storage }) => countQueued(storage))

/** The number of overrides that D1 has not taken over. */
export const countOverrides = (): Promise<number> =>
  runInDurableObject(getPublisher(env), (_, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS count FROM override').one()['count']),
  )

/** Keeps an object awake for a moment, because its background work continues only during a request. */
export const wake = (who: string) => runInDurableObject(getObject(who), () => realPause(3))

/** Runs the cron. It ends early when a dependency is down, and runs again later. */
export const reconcile = () =>
  runInDurableObject<Publisher, void>(getPublisher(env), (publisher) =>
    regardless(publisher.reconcile()),
  )
