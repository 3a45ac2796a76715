import { describeError } from '../../lib/describe-error.ts'
import { raiseAlarm } from '../../lib/raise-alarm.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { Database } from '../../store/database.ts'
import { mergeParticipants } from '../../store/identity.ts'
import { writeParticipation } from '../../store/participation.ts'
import type { ParticipantStore } from './participant-store.ts'
import type { Pending } from './queue.ts'

/** Rows are collected for this long before they go to D1 together. */
const SEND_AFTER_MS = 500
/** The pause before the first retry. Each next retry waits twice as long, up to the maximum. */
const RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** Rows in one D1 transaction: D1 takes 2 MB a parameter, and a row may have 2.5 KB as JSON. */
const ROWS_AT_ONCE = 500
/** A transaction that takes longer counts as failed. If D1 commits it after all, sending it again does no harm. */
export const D1_DEADLINE_MS = 10_000
/** Rows that D1 has not accepted for this long raise an alarm. */
export const OUTBOX_AGE_MS = 5 * 60_000

const deliver = (db: Database, pending: Pending): Promise<void> =>
  'merge' in pending ? mergeParticipants(db, pending.merge) : writeParticipation(db, pending.rows)

/** Sends a user's rows to D1: by alarm, in order, until D1 has committed them. */
export const createOutbox = (
  ctx: DurableObjectState,
  store: () => ParticipantStore,
  /** Throws when D1 belongs to another deployment. */
  database: () => Promise<Database>,
) => {
  /** The end of the queue: work on rows in D1 runs one after another. */
  let turn: Promise<unknown> = Promise.resolve()
  let isDue = false
  let failures = 0
  let failingSince: number | undefined

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  /** Sets the alarm in the same turn as the write of the rows: both are committed, or neither. */
  const sendSoon = (ms = SEND_AFTER_MS): void => {
    if (isDue) return
    isDue = true
    ctx.waitUntil(ctx.storage.setAlarm(Date.now() + ms))
  }

  /** Sends every row. Must run in turn. */
  const sendAll = async (): Promise<void> => {
    for (;;) {
      const pending = store().readPending(ROWS_AT_ONCE)
      if (!pending) return
      const send = async () => deliver(await database(), pending)
      await withDeadline(send(), D1_DEADLINE_MS)
      store().confirm(pending.upTo)
    }
  }

  /** Logs the alarm once in an outage, because the object of every active user does. */
  const checkAge = (now: number) => {
    failingSince ??= now
    const ms = now - failingSince
    if (ms < OUTBOX_AGE_MS) return
    raiseAlarm('alarm.outbox_age', { seconds: Math.floor(ms / 1000) })
    failingSince = Number.POSITIVE_INFINITY
  }

  /** Sends every row, and tries again after a failure. Never throws: the platform gives up on an alarm that throws. */
  const onAlarm = async (): Promise<void> => {
    isDue = false
    try {
      await inTurn(sendAll)
      failures = 0
      failingSince = undefined
    } catch (error) {
      failures++
      console.error({ event: 'participant.drain_failed', failures, error: describeError(error) })
      checkAge(Date.now())
      sendSoon(Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS))
    }
  }

  /** Deletes the alarm, before the storage is deleted. */
  const forget = async (): Promise<void> => {
    await ctx.storage.deleteAlarm()
    isDue = false
  }

  return { inTurn, sendSoon, sendAll, onAlarm, forget }
}
