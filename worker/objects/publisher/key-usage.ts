import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'

/** How often D1 hears of one key, at the most. */
export const WRITE_INTERVAL_MS = 60_000
const DEADLINE_MS = 10_000

type Write = (ids: readonly string[], at: Date) => Promise<void>

/**
 * Gathers which keys were used, and writes that down: one write at a time, and what comes meanwhile goes in the next.
 * A write that fails is let go: the next isolate that tells of the key makes up for it.
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

  /** Notes a use, now. */
  return async (id: string): Promise<void> => {
    if (Math.abs(Date.now() - (writtenAt.get(id) ?? 0)) < WRITE_INTERVAL_MS) return
    waiting.add(id)
    if (isWriting) return
    isWriting = true
    while (waiting.size > 0) await writeWaiting()
    isWriting = false
  }
}
