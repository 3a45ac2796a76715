import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { Database } from '../../store/database.ts'
import { mergeParticipants } from '../../store/identity.ts'
import { writeParticipation } from '../../store/participation.ts'
import type { ParticipantStore, Pending } from './participant-store.ts'

/** Rows gather this long before they go to D1 together. */
const DRAIN_AFTER_MS = 500
/** After a failure: the first retry, doubled up to the last. */
const RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** Rows that go to D1 in one transaction: D1 takes 2 MB a parameter, and a row may have 2.5 KB as JSON. */
const DRAIN_ROWS = 500
/** How long a transaction may take before it counts as failed; if it is committed after all, that does no harm. */
export const D1_DEADLINE_MS = 10_000
/** How long rows may wait for a D1 that refuses them before that is an alarm. */
export const OUTBOX_AGE_MS = 5 * 60_000

const deliver = (db: Database, pending: Pending): Promise<void> =>
  'merge' in pending ? mergeParticipants(db, pending.merge) : writeParticipation(db, pending.rows)

/** The way of a user's rows to D1: by alarm, in order, until D1 has committed them. */
export const createOutbox = (
  ctx: DurableObjectState,
  ledger: () => ParticipantStore,
  database: () => Database,
) => {
  /** What talks to D1 about rows does so one after another. */
  let turn: Promise<unknown> = Promise.resolve()
  let isDue = false
  let failures = 0
  let failingSince: number | undefined

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }

  /** Sets the alarm in the same turn as the write it is for: the two are committed together, or not at all. */
  const drainSoon = (ms = DRAIN_AFTER_MS): void => {
    if (isDue) return
    isDue = true
    ctx.waitUntil(ctx.storage.setAlarm(Date.now() + ms))
  }

  /** Sends everything; to be called in turn. */
  const drain = async (): Promise<void> => {
    for (;;) {
      const pending = ledger().pending(DRAIN_ROWS)
      if (!pending) return
      await withDeadline(deliver(database(), pending), D1_DEADLINE_MS)
      ledger().confirm(pending.upTo, Date.now())
    }
  }

  /** Each object says it once an outage, however long that is: everybody's objects do. */
  const raiseAlarm = (now: number) => {
    failingSince ??= now
    const ms = now - failingSince
    if (ms < OUTBOX_AGE_MS) return
    console.error({ event: 'alarm.outbox_age', seconds: Math.floor(ms / 1000) })
    failingSince = Number.POSITIVE_INFINITY
  }

  /** Sends everything, and comes back for as long as something is left. Never throws: alarms give up. */
  const rang = async (): Promise<void> => {
    isDue = false
    try {
      await inTurn(drain)
      failures = 0
      failingSince = undefined
    } catch (error) {
      failures++
      console.error({ event: 'participant.drain_failed', failures, error: describeError(error) })
      raiseAlarm(Date.now())
      drainSoon(Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS))
    }
  }

  /** Everything is gone, the alarm with it. */
  const forget = async (): Promise<void> => {
    await ctx.storage.deleteAlarm()
    isDue = false
  }

  return { inTurn, drainSoon, drain, rang, forget }
}
