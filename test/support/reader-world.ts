import { vi } from 'vitest'
import type { Freshness } from '../../worker/snapshot/freshness.ts'
import { createReader, type PublisherAnswer } from '../../worker/snapshot/reader.ts'
import { snapshotText } from './snapshots.ts'

/** Sources that behave as a test says, and count their calls. */
export const world = () => {
  const state = {
    published: 1,
    kvText: snapshotText(1) as string | null,
    kv: 'up' as 'up' | 'down' | 'silent',
    publisher: 'up' as 'up' | 'down' | 'silent',
    publisherAgeMs: 0,
    kvReads: 0,
    questions: 0,
  }
  const obey = async <T>(how: typeof state.kv, answer: () => T): Promise<T> => {
    if (how === 'down') throw new Error('down')
    if (how === 'silent') return new Promise(() => {})
    return answer()
  }
  const background: Promise<unknown>[] = []
  const reader = createReader({
    kv: () => {
      state.kvReads++
      return obey(state.kv, () => state.kvText)
    },
    publisher: (newerThan): Promise<PublisherAnswer> => {
      state.questions++
      const version = state.published
      return obey(state.publisher, () => ({
        version,
        snapshot: version > newerThan ? snapshotText(version) : null,
        ageMs: state.publisherAgeMs,
        overrides: 0,
      }))
    },
  })
  const ask = (freshness: Freshness = {}) =>
    reader.current(freshness, (work) => background.push(work))
  return {
    state,
    reader,
    ask,
    /** Asks, lets deadlines elapse while it waits, and returns how long it waited. */
    async read(freshness: Freshness = {}) {
      const startedAt = Date.now()
      const answer = ask(freshness)
      let isDone = false
      void answer.finally(() => (isDone = true))
      for (let waited = 0; waited <= 5_000; waited += 100) {
        await vi.advanceTimersByTimeAsync(0)
        if (isDone) break
        await vi.advanceTimersByTimeAsync(100)
      }
      const loaded = await answer
      return { version: loaded?.snapshot.version, loaded, waitedMs: Date.now() - startedAt }
    },
    settle: async () => {
      await vi.advanceTimersByTimeAsync(0)
    },
  }
}
