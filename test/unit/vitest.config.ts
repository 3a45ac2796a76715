import { defineConfig } from 'vitest/config'

/** Pure code in Node. No import of the Cloudflare plugin here: it would triple the start of a single test. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    maxWorkers: 2,
    setupFiles: ['test/support/property-seed.ts'],
    // A property test takes seconds on a loaded machine.
    testTimeout: 30_000,
  },
})
