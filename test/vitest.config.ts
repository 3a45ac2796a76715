import { defineConfig } from 'vitest/config'
import { createWorkerProject } from './support/worker-project.ts'

const root = new URL('..', import.meta.url).pathname

/**
 * `npm test`.
 *
 * - unit: pure code in Node
 * - worker: storage, objects and routes in workerd, and a few seeds of test/chaos
 * - e2e: a real server and real clients
 *
 * They run one after the other, each with two files at a time.
 */
export default defineConfig({
  root,
  test: {
    // The default leaves one of two cores to Vitest, which seldom needs it.
    maxWorkers: 2,
    teardownTimeout: 60_000,
    projects: [
      'test/unit/vitest.config.ts',
      await createWorkerProject({
        name: 'worker',
        include: ['test/worker/**/*.test.ts', 'test/chaos/chaos-*.test.ts'],
        chaosRuns: 10,
        racingCalls: 200,
      }),
      {
        root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          globalSetup: ['test/support/local-server.ts'],
          // These end only what hangs. A poll ends before the SDK polls by itself, after 27 s: only the stream is in time.
          expect: { poll: { timeout: 20_000, interval: 50 } },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
