import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers'
import type { Plugin } from 'vite'
import type { TestProjectInlineConfiguration } from 'vitest/config'

const root = new URL('../..', import.meta.url).pathname

/**
 * Each test file has an isolate of its own, and loads every module anew. Dependencies of many modules come as one file
 * each, which saves half of that time. Hono stays as it is, since all its entries must share their symbols.
 */
const BUNDLED = [
  'zod',
  'drizzle-orm',
  'drizzle-orm/d1',
  'drizzle-orm/sqlite-core',
  'jose',
  'vega-statistics',
]

/** The source map of a dependency is larger than its code, and is sent to each isolate. */
const dropSourceMaps: Plugin = {
  name: 'drop-source-maps-of-dependencies',
  enforce: 'post',
  transform: {
    filter: { id: /\/node_modules\// },
    handler: (code) => ({ code, map: { mappings: '' } }),
  },
}

/** A Vitest project whose tests run in workerd with the bindings of wrangler.toml and an empty database. */
export const createWorkerProject = async ({
  name,
  include,
  chaosRuns,
  racingCalls,
  histories,
}: {
  readonly name: string
  readonly include: string[]
  /** How many seeds test/chaos plays unless the environment names them. */
  readonly chaosRuns: number
  /** How many calls race in assign-race.test.ts. */
  readonly racingCalls: number
  /** How many random histories metrics-recount.test.ts plays. */
  readonly histories: number
}): Promise<TestProjectInlineConfiguration> => {
  const { CHAOS_SEED, CHAOS_RUNS, CHAOS_LOUD, FUZZ_ATTACKS, RECOUNT_HISTORIES } = process.env
  const migrations = await readD1Migrations(`${root}schema/migrations`)
  return {
    root,
    plugins: [
      dropSourceMaps,
      cloudflareTest({
        wrangler: { configPath: `${root}wrangler.toml` },
        // A deployment without a name is the plain case.
        miniflare: { bindings: { MIGRATIONS: migrations, ENVIRONMENT_NAME: '' } },
      }),
    ],
    test: {
      name,
      include,
      deps: {
        optimizer: {
          ssr: {
            enabled: true,
            include: BUNDLED,
            rolldownOptions: { output: { minify: true } },
          },
        },
      },
      // After the unit tests and before e2e.
      sequence: { groupOrder: 1 },
      setupFiles: ['test/worker/setup.ts'],
      // These end only what hangs: on a busy machine a test takes up to 30 s.
      testTimeout: 120_000,
      hookTimeout: 120_000,
      provide: {
        chaos: {
          first: Number(CHAOS_SEED ?? 1),
          runs: Number(CHAOS_RUNS ?? (CHAOS_SEED ? 1 : chaosRuns)),
          isLoud: CHAOS_LOUD === '1',
        },
        race: { calls: racingCalls },
        recount: { histories: Number(RECOUNT_HISTORIES ?? histories) },
        fuzz: { attacks: Number(FUZZ_ATTACKS ?? 12) },
      },
    },
  }
}
