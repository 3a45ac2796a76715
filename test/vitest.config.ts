import { defineConfig } from 'vitest/config'
import { createE2eProject, LONG_FILES } from './support/e2e-project.ts'
import { createWorkerProject } from './support/worker-project.ts'

const root = new URL('..', import.meta.url).pathname

/**
 * `npm test`.
 *
 * - unit: pure code in Node
 * - worker: storage, objects and routes in workerd, and a few seeds of test/chaos
 * - e2e: a real server and real clients, but for the files of minutes
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
        histories: 12,
      }),
      createE2eProject({ include: ['test/e2e/**/*.test.ts'], exclude: LONG_FILES }),
    ],
  },
})
