import { defineConfig } from 'vitest/config'

/**
 * `npm run test:frameworks`: the programs of docs/frameworks with the packed SDK. The first run downloads the frameworks
 * from the npm registry into the temporary folder. CONTRIBUTING.md states the cost.
 */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'frameworks',
    include: ['test/frameworks/*.test.ts'],
    globalSetup: ['test/support/local-server.ts'],
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
})
