import { defineConfig } from 'vitest/config'
import { createWorkerProject } from './support/worker-project.ts'

const root = new URL('..', import.meta.url).pathname

/**
 * `npm test`.
 *
 * - unit: pure code in Node
 * - worker: storage, objects and routes in workerd, and a few seeds of test/chaos
 * - e2e: a real server and real clients
 */
export default defineConfig({
  root,
  test: {
    projects: [
      'test/unit/vitest.config.ts',
      await createWorkerProject({
        name: 'worker',
        include: ['test/worker/**/*.test.ts', 'test/chaos/chaos-*.test.ts'],
        chaosRuns: 10,
      }),
      {
        root,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/local-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
