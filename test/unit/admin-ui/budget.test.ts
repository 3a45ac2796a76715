import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

/** Of which 8 are Preact and signals, 2 the evaluator. Whoever adds something finds room for it. */
const BUDGET_KB = 40

/** What is served is compressed by the host, which chooses how; at a fixed level builds can be compared. */
const GZIP_LEVEL = 9

/** What `npm run build:ui` built; `npm test` does so first. */
const assets = new URL('../../../admin-ui/dist/assets', import.meta.url).pathname

it('the whole UI is one script and one style sheet, at most 40 kB gzipped', () => {
  const names = readdirSync(assets)
  const sizes = names.map(
    (name) => gzipSync(readFileSync(join(assets, name)), { level: GZIP_LEVEL }).length,
  )
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000
  console.log(`admin-ui: ${total.toFixed(2)} kB of ${BUDGET_KB} kB, gzipped`)
  expect(names).toHaveLength(2)
  expect(total).toBeLessThanOrEqual(BUDGET_KB)
})
