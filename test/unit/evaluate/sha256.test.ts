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

test('sha256: each hash of any text or bytes is the one that Node computes', () => {
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

test('sha256: the next call overwrites the digest of the call before', () => {
  const first = sha256('one')
  const kept = first.slice()
  expect(sha256('two')).toBe(first)
  expect(first).not.toEqual(kept)
})
