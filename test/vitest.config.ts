import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname
const migrations = await readD1Migrations(`${root}schema/migrations`)

/** Which runs of test/chaos: `CHAOS_SEED` is the first, `CHAOS_RUNS` how many; `npm run chaos` wants to hear of each. */
const { CHAOS_SEED, CHAOS_RUNS, CHAOS_LOUD, FUZZ_ATTACKS } = process.env
const chaos = {
  first: Number(CHAOS_SEED ?? 1),
  runs: Number(CHAOS_RUNS ?? (CHAOS_SEED ? 1 : 200)),
  isLoud: CHAOS_LOUD === '1',
}

/** How many hostile requests each operation gets with each credential; `npm run fuzz` sends thousands to each. */
const fuzz = { attacks: Number(FUZZ_ATTACKS ?? 12) }

/** unit: pure code in Node. worker: storage, objects and routes in workerd. e2e: a real server, real clients. */
export default defineConfig({
  root,
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: `${root}wrangler.toml` },
            miniflare: { bindings: { MIGRATIONS: migrations } },
          }),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          setupFiles: ['test/worker/setup.ts'],
          provide: { chaos, fuzz },
        },
      },
      {
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
