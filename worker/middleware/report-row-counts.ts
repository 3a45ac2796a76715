import type { Context } from 'hono'
import type { Env } from '../env.ts'
import { createRowCounts, type RowCounts } from '../experiments/row-counts.ts'
import { describeError } from '../lib/describe-error.ts'
import { elapsedSince } from '../lib/elapsed.ts'
import { perIsolate } from '../lib/per-isolate.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { getPublisher } from '../objects/stubs.ts'

/*
 * What became of rows, for the health of experiments. An isolate sums counts in memory and reports them to the Publisher,
 * behind an answer. A failed report is not repeated, and an isolate that ends takes its last counts with it: the counts
 * are estimates, and participation never waits for them.
 */

/** The pause between two reports of one isolate. */
export const REPORT_AFTER_MS = 60_000
const DEADLINE_MS = 2_000

const getMemory = perIsolate((_env: Env) => ({
  counts: createRowCounts(),
  reportedAt: Number.NEGATIVE_INFINITY,
}))

/** Reports the counts of this isolate now. Never rejects. */
export const flushRowCounts = async (env: Env): Promise<void> => {
  const memory = getMemory(env)
  const { counts } = memory
  if (counts.rows.size === 0) return
  Object.assign(memory, { counts: createRowCounts(), reportedAt: Date.now() })
  try {
    await withDeadline((async () => getPublisher(env).addRowCounts(counts))(), DEADLINE_MS)
  } catch (error) {
    console.warn({ event: 'row_counts.unreported', error: describeError(error) })
  }
}

/** Lets a caller count rows, and reports the counts when the last report is old. */
export const countRows = (
  { env, executionCtx }: Pick<Context<{ Bindings: Env }>, 'env' | 'executionCtx'>,
  count: (counts: RowCounts) => void,
): void => {
  const memory = getMemory(env)
  count(memory.counts)
  if (elapsedSince(memory.reportedAt) >= REPORT_AFTER_MS)
    executionCtx.waitUntil(flushRowCounts(env))
}
