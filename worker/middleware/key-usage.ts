import type { Context } from 'hono'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { perIsolate } from '../lib/per-isolate.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { getPublisher } from '../objects/stubs.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { openOwnDatabase } from '../objects/own-database.ts'
import { markUsed } from '../store/keys.ts'

/*
 * The last use of a key, to about five minutes: an isolate reports a key at most that often, behind an answer. A failed
 * report is not repeated, because only a time is lost.
 */

/** The pause between two reports of a key by one isolate. */
export const REPORT_AFTER_MS = 5 * 60_000
const DEADLINE_MS = 2_000

/** A small step of the clock, in either direction, must not make every isolate report every key. */
const isDue = (reportedAt: number) => Math.abs(Date.now() - reportedAt) >= REPORT_AFTER_MS

/** When this isolate last reported each key, by key id. Key objects are created anew with every snapshot. */
const getReportTimes = perIsolate((_env: Env) => new Map<string, number>())

const reportQuietly = async (keyId: string, report: () => Promise<unknown>) => {
  try {
    await withDeadline(report(), DEADLINE_MS)
  } catch (error) {
    console.warn({ event: 'key_use.untold', keyId, error: describeError(error) })
  }
}

/** Reports a use unless it was reported lately. Returns the time of the last report. */
const reportWhenDue = (c: Context, id: string, report: () => Promise<unknown>): number => {
  const times = getReportTimes(c.env)
  const reportedAt = times.get(id) ?? 0
  if (!isDue(reportedAt)) return reportedAt
  const now = Date.now()
  times.set(id, now)
  c.executionCtx.waitUntil(reportQuietly(id, report))
  return now
}

/** Reports that an evaluation key was used. A warm isolate only compares two numbers. */
export const reportKeyUsage = (c: Context, key: EvaluationKey): void => {
  if (isDue(key.reportedAt))
    key.reportedAt = reportWhenDue(c, key.id, async () => getPublisher(c.env).reportKeyUse(key.id))
}

/** Reports the use of an admin token, by itself or through a session. */
export const reportTokenUsage = (c: Context, id: string): void => {
  reportWhenDue(c, id, async () => markUsed(await openOwnDatabase(c.env), [id], new Date()))
}
