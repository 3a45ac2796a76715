import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../../../worker/evaluate/index.ts'
import { anyText } from '../../support/arbitraries.ts'

const part = fc.oneof(
  anyText,
  fc.string({ unit: 'grapheme-ascii', maxLength: 1_200 }),
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.uint8Array({ maxLength: 200 }),
)

test('SHA-256 is what Node computes, of texts and bytes of any length, one hash after another', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const reference = createHash('sha256')
      for (const each of parts)
        reference.update(typeof each === 'string' ? new TextEncoder().encode(each) : each)
      expect(Buffer.from(sha256(...parts)).toString('hex')).toBe(reference.digest('hex'))
    }),
    { numRuns: 500 },
  )
})

test('a digest is overwritten by the next', () => {
  const first = sha256('one')
  const kept = first.slice()
  expect(sha256('two')).toBe(first)
  expect(first).not.toEqual(kept)
})
