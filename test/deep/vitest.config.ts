import { defineConfig } from 'vitest/config'
import { createE2eProject, LONG_FILES } from '../support/e2e-project.ts'
import { createWorkerProject } from '../support/worker-project.ts'

const root = new URL('../..', import.meta.url).pathname

/** `npm run test:deep`: the runs that take minutes, apart from `npm test` so that it stays short. CI runs both. */
export default defineConfig({
  root,
  test: {
    maxWorkers: 2,
    teardownTimeout: 60_000,
    projects: [
      {
        root,
        // The limit ends only what hangs: a busy machine takes minutes.
        test: { name: 'simulation', include: ['test/deep/**/*.test.ts'], testTimeout: 600_000 },
      },
      await createWorkerProject({
        name: 'chaos',
        include: [
          'test/chaos/**/*.test.ts',
          'test/worker/assign-race.test.ts',
          'test/worker/metrics-recount.test.ts',
        ],
        chaosRuns: 200,
        racingCalls: 1_000,
        histories: 60,
      }),
      createE2eProject({ include: LONG_FILES }),
    ],
  },
})
