import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

/**
 * The aim is 40. Of what is there, 10 kB are Preact, signals and the evaluator; less takes leaving something out.
 * Whoever adds something finds room for it.
 */
const BUDGET_KB = 43

/** What `npm run build:ui` built; `npm test` does so first. */
const assets = new URL('../../../admin-ui/dist/assets', import.meta.url).pathname

it('the whole UI is one script and one style sheet, at most 43 kB gzipped', () => {
  const names = readdirSync(assets)
  const sizes = names.map((name) => gzipSync(readFileSync(join(assets, name))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000
  console.log(`admin-ui: ${total.toFixed(1)} kB of ${BUDGET_KB} kB, gzipped`)
  expect(names).toHaveLength(2)
  expect(total).toBeLessThanOrEqual(BUDGET_KB)
})
