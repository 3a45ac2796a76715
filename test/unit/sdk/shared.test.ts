import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { share, VERSION } from '../../../sdk/shared.ts'
import { ROOT } from '../../support/documents.ts'

describe('share', () => {
  it('returns the value of the first call', () => {
    const first = share('unit', () => ({}))
    expect(share('unit', () => ({}))).toBe(first)
    expect(share('another unit', () => ({}))).not.toBe(first)
  })

  it('uses the version of the package, so that two versions share nothing', () => {
    const text = readFileSync(join(ROOT, 'sdk/package.json'), 'utf8')
    expect(JSON.parse(text)).toMatchObject({ version: VERSION })
  })
})
