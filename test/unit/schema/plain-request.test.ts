import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EvaluateRequest, isPlainRequest } from '../../../schema/evaluation.ts'

/** Texts and lists of all lengths around the limits. */
const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(127, 128, 129, 255, 256, 257).map((length) => 'x'.repeat(length)),
)
const texts = fc.oneof(
  fc.array(text, { maxLength: 4 }),
  fc.constantFrom(99, 100, 101, 5_000, 5_001).map((length) => Array<string>(length).fill('x')),
)
const anything = fc.oneof(text, texts, fc.jsonValue(), fc.constant(undefined))
const member = (likely: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary: likely }, { weight: 1, arbitrary: anything })

const body = fc.record(
  {
    context: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record(
          {
            userId: member(text),
            targetingKey: member(text),
            role: member(text),
            city: member(text),
            category: member(fc.oneof(text, texts)),
            categories: member(texts),
            anonymous: anything,
            other: anything,
          },
          { requiredKeys: [] },
        ),
      },
      { weight: 1, arbitrary: fc.jsonValue() },
    ),
    keys: member(texts),
  },
  { requiredKeys: ['context'] },
)

/** What evaluation reads of a request. */
const known = ({ context: told, keys }: ReturnType<typeof EvaluateRequest.parse>) => {
  const { userId, targetingKey, role, city, category, categories, anonymous } = told
  return { userId, targetingKey, role, city, category, categories, anonymous, keys }
}

describe('isPlainRequest', () => {
  test('every accepted request is valid by the schema, and unchanged', () => {
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(body, fc.jsonValue()), (asked: unknown) => {
        if (!isPlainRequest(asked)) return
        taken++
        expect(known(EvaluateRequest.parse(asked))).toEqual(known(asked))
      }),
      { numRuns: 2_000 },
    )
    expect(taken).toBeGreaterThan(50)
  })

  test.each([
    ['has a user and nothing else', { context: { userId: 'u-42' } }],
    ['has an empty context', { context: {} }],
    [
      'has every attribute',
      {
        context: {
          targetingKey: 'u-42',
          role: 'ORGANIZER',
          city: 'Mumbai',
          category: 'music',
          categories: ['music', 'theatre'],
          locale: 'mr-IN',
        },
        keys: ['feature.a'],
      },
    ],
  ])('a request that %s is accepted', (_, asked) => {
    expect(isPlainRequest(asked)).toBe(true)
  })

  test.each([
    ['is a list', []],
    ['has no context', {}],
    ['has a list for a context', { context: [] }],
    ['has a user id that is too long', { context: { userId: 'x'.repeat(257) } }],
    ['has too many categories', { context: { category: Array(101).fill('x') } }],
    ['has a number among its keys', { context: {}, keys: ['a', 1] }],
  ])('a request that %s is refused', (_, asked) => {
    expect(isPlainRequest(asked)).toBe(false)
    expect(EvaluateRequest.safeParse(asked).success).toBe(false)
  })
})
