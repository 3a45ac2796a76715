import type { TestProjectInlineConfiguration } from 'vitest/config'

const root = new URL('../..', import.meta.url).pathname

/**
 * Files that start, kill, restore or build a whole service, or look at every page in every width. Each takes up to
 * minutes, so `npm run test:deep` runs them and `npm test` does not.
 */
export const LONG_FILES = [
  'admin-audit',
  'admin-experiments-looks',
  'admin-looks',
  'deploy',
  'docs',
  'durability',
  'restore',
  'sdk-packed',
  'seed',
  'start',
].map((name) => `test/e2e/${name}.test.ts`)

/** A Vitest project with a real server and real clients. */
export const createE2eProject = (files: {
  readonly include: string[]
  readonly exclude?: string[]
}): TestProjectInlineConfiguration => ({
  root,
  test: {
    name: 'e2e',
    ...files,
    // After the unit and worker tests.
    sequence: { groupOrder: 2 },
    globalSetup: ['test/support/local-server.ts'],
    // These end only what hangs. A poll ends before the SDK polls by itself, after 27 s: only the stream is in time.
    expect: { poll: { timeout: 20_000, interval: 50 } },
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
})
