import * as fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { MAX_AGE_MS, REFRESH_AFTER_MS } from '../../../worker/snapshot/freshness.ts'
import { createReader } from '../../../worker/snapshot/reader.ts'
import { snapshotText } from '../../support/snapshots.ts'

afterEach(() => vi.useRealTimers())

/** What happens next: some milliseconds pass, perhaps an edit is published, and a request is served. */
const aMoment = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 90_000 })),
  event: fc.constantFrom('edit', 'none', 'none', 'none'),
})

/**
 * Guarantee 1, for any order of edits and requests, while KV keeps its first value: the snapshot of an answer was the
 * newest at most 30 s before. An isolate without further demands asks the Publisher at most every 5 s.
 */
it('Snapshot reader: serves a change within 30 s while the Publisher answers, with KV frozen', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(aMoment, { minLength: 1, maxLength: 40 }), async (moments) => {
      vi.useFakeTimers({ now: 1_800_000_000_000 })
      const frozen = snapshotText(1)
      const publishedAt = [Number.NEGATIVE_INFINITY, Date.now()]
      const askedAt: number[] = []
      const reader = createReader({
        kv: async () => frozen,
        publisher: async (newerThan) => {
          askedAt.push(Date.now())
          const version = publishedAt.length - 1
          const snapshot = version > newerThan ? snapshotText(version) : null
          return { version, snapshot, ageMs: 0, overrides: 0 }
        },
      })
      let lastServed = 0
      for (const { afterMs, event } of moments) {
        await vi.advanceTimersByTimeAsync(afterMs)
        if (event === 'edit') publishedAt.push(Date.now())
        const served = (await reader.current({}, () => {}))?.snapshot.version ?? 0
        const due = publishedAt.findLastIndex((at) => at <= Date.now() - MAX_AGE_MS)
        expect(served).toBeGreaterThanOrEqual(Math.max(due, lastServed))
        lastServed = served
      }
      for (const [index, at] of askedAt.slice(1).entries())
        expect(at - (askedAt[index] ?? 0)).toBeGreaterThanOrEqual(REFRESH_AFTER_MS)
    }),
    { numRuns: 300 },
  )
})
