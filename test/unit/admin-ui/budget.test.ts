import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

/** No page takes more than 40 kB (test/e2e/admin-size.test.ts); this is all pages together, so that growth is seen. */
const BUDGET_KB = 70

/** What `npm run build:ui` built; `npm test` does so first. */
const assets = new URL('../../../admin-ui/dist/assets', import.meta.url).pathname

it('all pages together are at most 70 kB of JavaScript and CSS, gzipped', () => {
  const sizes = readdirSync(assets).map((name) => gzipSync(readFileSync(join(assets, name))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000
  console.log(`admin-ui: ${total.toFixed(1)} kB of ${BUDGET_KB} kB, gzipped`)
  expect(total).toBeLessThanOrEqual(BUDGET_KB)
})
