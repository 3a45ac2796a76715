import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesOrigin, Origin } from '../../../schema/origin.ts'

const EXTENSION_ID = 'abcdefghijklmnopabcdefghijklmnop'
const isValid = (origin: string) => Origin.safeParse(origin).success

describe('Origin', () => {
  it.each([
    'https://app.example',
    'http://localhost:5173',
    'https://[::1]:8443',
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'https://tauri.localhost',
    'app://.',
    'app://bundle',
    `chrome-extension://${EXTENSION_ID}`,
    'moz-extension://0f2d3c4b-5a69-4788-9786-a5b4c3d2e1f0',
    'https://*.preview.example',
    'https://*.preview.example:8443',
    'https://*.team.preview.example',
  ])('takes %s', (origin) => {
    expect(isValid(origin)).toBe(true)
    expect(matchesOrigin(origin, origin.replace('*', 'pr-7'))).toBe(true)
  })

  it.each([
    '*',
    'null',
    'https://*',
    'https://*.com',
    'https://*.localhost',
    'http://*.preview.example',
    'https://*.*.preview.example',
    'https://a*.preview.example',
    'https://*a.preview.example',
    'https://app.*.example',
    'https://*.preview.example/',
    'https://*.preview.example:443',
    'https://app.example:443',
    'capacitor://localhost/',
    'capacitor://',
    'chrome-extension://*',
    `chrome-extension://${EXTENSION_ID.toUpperCase()}`,
    'moz-extension://anything',
    'file://app.example',
    'data:text/html',
    'javascript://app.example',
  ])('refuses %s', (origin) => {
    expect(isValid(origin)).toBe(false)
  })
})

describe('matchesOrigin', () => {
  const listed = 'https://*.preview.example'

  it.each([
    'https://preview.example',
    'https://.preview.example',
    'https://a.b.preview.example',
    'https://a.preview.example.evil.example',
    'https://evil.example/.preview.example',
    'https://evil.example:1@a.preview.example',
    'https://apreview.example',
    'https://A.preview.example',
    'https://*.preview.example',
    'http://a.preview.example',
    'https://a.preview.example:8443',
    'null',
  ])('gives no wildcard access to %s', (origin) => {
    expect(matchesOrigin(listed, origin)).toBe(false)
  })

  it('compares an origin without a wildcard exactly', () => {
    fc.assert(
      fc.property(fc.webUrl(), fc.webUrl(), (one, other) => {
        expect(matchesOrigin(one, other)).toBe(one === other)
      }),
    )
  })

  it('reads a wildcard as exactly one label', () => {
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        const isOneLabel = !domain.includes('.')
        expect(matchesOrigin(listed, `https://${domain}.preview.example`)).toBe(isOneLabel)
      }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9-]{1,20}$/), (label) => {
        expect(matchesOrigin(listed, `https://${label}.preview.example`)).toBe(true)
      }),
    )
  })
})
