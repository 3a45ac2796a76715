import type { Context } from 'hono'
import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { getPublisher } from '../objects/stubs.ts'
import type { EvaluationKey } from '../snapshot/keys.ts'
import { openDatabase } from '../store/database.ts'
import { markUsed } from '../store/keys.ts'

/*
 * When a key was last reportKeyUse, to about five minutes: an isolate tells of a key at most that often, behind an answer.
 * Nothing waits for it, and nothing is lost with it but that.
 */

/** How long an isolate says nothing more about a key. */
export const REPORT_AFTER_MS = 5 * 60_000
const DEADLINE_MS = 2_000

const isPast = (at: number) => Math.abs(Date.now() - at) >= REPORT_AFTER_MS

/** By key id, when this isolate last told of it: keys are made anew with every snapshot, this is not. */
const memories = new WeakMap<Env, Map<string, number>>()

const memoryOf = (env: Env) => {
  const memory = memories.get(env) ?? new Map<string, number>()
  memories.set(env, memory)
  return memory
}

const tellQuietly = async (keyId: string, tell: () => Promise<unknown>) => {
  try {
    await withDeadline(tell(), DEADLINE_MS)
  } catch (error) {
    console.warn({ event: 'key_use.untold', keyId, error: describeError(error) })
  }
}

/** Tells of a use, unless that was done lately; and when it was done last, which may be now. */
const noteUse = (c: Context, id: string, tell: () => Promise<unknown>): number => {
  const memory = memoryOf(c.env)
  const reportedAt = memory.get(id) ?? 0
  if (!isPast(reportedAt)) return reportedAt
  const now = Date.now()
  memory.set(id, now)
  c.executionCtx.waitUntil(tellQuietly(id, tell))
  return now
}

/** Notes that an evaluation key was reportKeyUse. A warm isolate compares two numbers. */
export const reportKeyUsage = (c: Context, key: EvaluationKey): void => {
  if (isPast(key.reportedAt))
    key.reportedAt = noteUse(c, key.id, async () => getPublisher(c.env).reportKeyUse(key.id))
}

/** Notes that an admin token was reportKeyUse, itself or through a session. */
export const reportTokenUsage = (c: Context, id: string): void => {
  noteUse(c, id, () => markUsed(openDatabase(c.env.DB), [id], new Date()))
}
