import { describeError } from '../../lib/describe-error.ts'
import { elapsedSince } from '../../lib/elapsed.ts'
import { withDeadline } from '../../lib/with-deadline.ts'

/** D1 is written at most this often for one key. */
export const WRITE_INTERVAL_MS = 60_000
const DEADLINE_MS = 10_000

type Write = (ids: readonly string[], at: Date) => Promise<void>

/**
 * Collects the ids of used keys and writes them to D1, one write at a time: ids that arrive during a write go into the
 * next. A failed write is not retried, because the next isolate that reports the key makes up for it.
 */
export const createKeyUsage = (write: Write) => {
  const writtenAt = new Map<string, number>()
  const waiting = new Set<string>()
  let isWriting = false

  const writeWaiting = async () => {
    const [ids, now] = [Array.from(waiting), Date.now()]
    waiting.clear()
    try {
      await withDeadline(write(ids, new Date(now)), DEADLINE_MS)
      for (const id of ids) writtenAt.set(id, now)
    } catch (error) {
      console.warn({ event: 'key_use.unwritten', keyIds: ids, error: describeError(error) })
    }
  }

  /** Records that a key is used now. */
  return async (id: string): Promise<void> => {
    const isWritten =
      elapsedSince(writtenAt.get(id) ?? Number.NEGATIVE_INFINITY) < WRITE_INTERVAL_MS
    if (isWritten) return
    waiting.add(id)
    if (isWriting) return
    isWriting = true
    while (waiting.size > 0) await writeWaiting()
    isWriting = false
  }
}
