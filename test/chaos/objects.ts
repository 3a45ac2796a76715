import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { getParticipant, getPublisher } from '../../worker/objects/stubs.ts'
import type { Publisher } from '../../worker/objects/publisher/publisher.ts'
import { realPause } from './time.ts'

const getObject = (who: string): DurableObjectStub =>
  who === 'publisher' ? getPublisher(env) : getParticipant(env, who)

/** What fails because the object is gone, or was not there, is what was wanted. */
const regardless = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work
  } catch {
    // Gone either way.
  }
}

/** Takes the object out of memory when it is idle; its storage stays. */
export const evictObject = (who: string) => regardless(evictDurableObject(getObject(who)))

/** One that the test pool does not print: workerd says it whenever an object goes. */
const REASON = 'Instance dispose'

/** Tears the object down whatever it is doing: callers see an error, and what was not stored is gone. */
export const abortObject = (who: string) =>
  regardless(runInDurableObject(getObject(who), (_, state) => state.abort(REASON)))

/** Runs the alarm that is set; tells whether there was one. */
export const runAlarm = (who: string): Promise<boolean> => runDurableObjectAlarm(getObject(who))

/** How many rows a user's object holds that D1 has not confirmed. */
export const countPending = (userId: string): Promise<number> =>
  runInDurableObject(getObject(userId), (_, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS count FROM outbox').one()['count']),
  )

/** How many flags the Publisher has switched off that D1 has not taken over. */
export const countOverrides = (): Promise<number> =>
  runInDurableObject(getPublisher(env), (_, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS count FROM override').one()['count']),
  )

/** Keeps an object awake for a moment: what it left running goes on only while it has something to do. */
export const wake = (who: string) => runInDurableObject(getObject(who), () => realPause(3))

/** The cron. It gives up when what it needs is down, and comes again. */
export const reconcile = () =>
  runInDurableObject<Publisher, void>(getPublisher(env), (publisher) =>
    regardless(publisher.reconcile()),
  )
