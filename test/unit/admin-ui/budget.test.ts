import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const BUDGET_KB = 40

/** What `npm run build:ui` built; `npm test` does so first. */
const assets = new URL('../../../admin-ui/dist/assets', import.meta.url).pathname

it('the whole UI is at most 40 kB of JavaScript and CSS, gzipped', () => {
  const sizes = readdirSync(assets).map((name) => gzipSync(readFileSync(join(assets, name))).length)
  const total = sizes.reduce((sum, size) => sum + size, 0) / 1000
  console.log(`admin-ui: ${total.toFixed(1)} kB of ${BUDGET_KB} kB, gzipped`)
  expect(total).toBeLessThanOrEqual(BUDGET_KB)
})
