import { defineConfig } from 'vitest/config'
import { createWorkerProject } from '../support/worker-project.ts'

const root = new URL('../..', import.meta.url).pathname

/** `npm run test:deep`: the runs that take minutes, apart from `npm test` so that it stays short. CI runs both. */
export default defineConfig({
  root,
  test: {
    projects: [
      { root, test: { name: 'simulation', include: ['test/deep/**/*.test.ts'] } },
      await createWorkerProject({
        name: 'chaos',
        include: ['test/chaos/**/*.test.ts', 'test/worker/assign-race.test.ts'],
        chaosRuns: 200,
        racingCalls: 1_000,
      }),
    ],
  },
})
