import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Condition } from '../../../schema/condition.ts'
import { readInstant } from '../../../schema/read-instant.ts'
import { readVersion } from '../../../schema/read-version.ts'
import { foldCase } from '../../../worker/evaluate/operators/fold-case.ts'
import { aCondition } from '../../support/arbitraries.ts'

const characters = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((one) => one.toLowerCase() !== one || one.toUpperCase() !== one || foldCase(one) !== one)

describe('foldCase', () => {
  it('folds two characters to one exactly when the engine matches them without case', () => {
    const all = characters.join('')
    const classes = Map.groupBy(characters, foldCase)
    for (const [folded, same] of classes) {
      const pattern = new RegExp(same[0] ?? '', 'giu')
      expect([folded, all.match(pattern)?.toSorted()]).toEqual([folded, same.toSorted()])
    }
  })

  it('folds a folded text to itself, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(foldCase(foldCase(text))).toBe(foldCase(text))
      }),
    )
  })
})

const pad = (value: number) => String(value).padStart(2, '0')

describe('readInstant', () => {
  it('reads what a clock writes', () => {
    const range = { min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z') }
    fc.assert(
      fc.property(fc.date({ ...range, noInvalidDate: true }), (date) => {
        expect(readInstant(date.toISOString())).toBe(date.getTime())
      }),
    )
  })

  it('takes the offset off', () => {
    const offset = fc.record({
      h: fc.integer({ min: 0, max: 23 }),
      m: fc.integer({ min: 0, max: 59 }),
    })
    fc.assert(
      fc.property(offset, fc.constantFrom('+', '-'), ({ h, m }, sign) => {
        const text = `2026-06-15T12:00:00${sign}${pad(h)}:${pad(m)}`
        expect(readInstant(text)).toBe(Date.parse(text))
      }),
    )
  })

  it.each([
    '',
    '2026',
    '+002026-01-01T00:00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-00-10T00:00Z',
  ])('refuses %j', (text) => {
    expect(readInstant(text)).toBeUndefined()
  })
})

describe('readVersion', () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 300n })
  const version = fc.tuple(number, number, number)

  it('sorts versions as their numbers, of up to 300 digits', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const [a = '', b = ''] = [readVersion(one.join('.')), readVersion(other.join('.'))]
        const index = one.findIndex((part, at) => part !== other[at])
        const isLess = index >= 0 && (one[index] ?? 0n) < (other[index] ?? 0n)
        expect([a < b, a === b]).toEqual([isLess, index < 0])
      }),
    )
  })

  it('puts a pre-release before its version, and after every lower one', () => {
    fc.assert(
      fc.property(version, fc.stringMatching(/^[a-z-][a-z0-9-]{0,8}$/), ([a, b, c], name) => {
        const key = readVersion(`${a}.${b}.${c + 1n}-${name}`) ?? ''
        expect(key < (readVersion(`${a}.${b}.${c + 1n}`) ?? '')).toBe(true)
        expect(key > (readVersion(`${a}.${b}.${c}`) ?? '')).toBe(true)
      }),
    )
  })
})

describe('Condition', () => {
  it('accepts every operator', () => {
    fc.assert(
      fc.property(aCondition, (condition) => {
        expect(Condition.safeParse(condition).success).toBe(true)
      }),
    )
  })

  const attribute = 'plan'
  it.each([
    ['an unknown operator', { attribute, operator: 'matches', values: ['.*'] }],
    ['an unknown member', { attribute, operator: 'in', values: ['a'], ignoreCase: true }],
    ['no values', { attribute, operator: 'in', values: [] }],
    ['an empty part of a text', { attribute, operator: 'contains', values: [''] }],
    ['two limits', { attribute, operator: 'lt', values: [1, 2] }],
    ['a text as limit', { attribute, operator: 'lt', values: ['1'] }],
    ['NaN', { attribute, operator: 'lt', values: [Number.NaN] }],
    ['Infinity', { attribute, operator: 'in', values: [Number.POSITIVE_INFINITY] }],
    ['a time without zone', { attribute, operator: 'before', values: ['2026-01-01T00:00:00'] }],
    ['30 February', { attribute, operator: 'after', values: ['2026-02-30T00:00:00Z'] }],
    ['a version of two numbers', { attribute, operator: 'semverGte', values: ['4.2'] }],
    ['a value that is too long', { attribute, operator: 'in', values: ['x'.repeat(257)] }],
    ['values that exist does not take', { attribute, operator: 'exists', values: [true] }],
    ['an attribute without a name', { attribute: '', operator: 'exists' }],
    ['an attribute with a long name', { attribute: 'x'.repeat(65), operator: 'exists' }],
  ])('refuses %s', (_, condition) => {
    expect(Condition.safeParse(condition).success).toBe(false)
  })
})
