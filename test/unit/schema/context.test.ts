import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EvaluationContext, isContext } from '../../../schema/context.ts'
import { readContext } from '../../../sdk/context.ts'
import { readSubject } from '../../../worker/evaluate/index.ts'
import { aContext, anyContext, anyJson } from '../../support/arbitraries.ts'
import vectors from '../../vectors/contexts.json' with { type: 'json' }

/** The part of a subject that flags see, in the form of the vectors. */
const describeSubject = (context: unknown) => {
  const { userId, role, city, categories, isAnonymous } = readSubject(context)
  return JSON.parse(
    JSON.stringify({
      userId,
      role,
      city,
      categories: categories.length > 0 ? [...new Set(categories)].toSorted() : undefined,
      anonymous: isAnonymous || undefined,
    }),
  ) as object
}

describe('A context', () => {
  it.each(vectors.cases)('$name: read the same by evaluator and SDK', ({ context, subject }) => {
    expect(describeSubject(context)).toEqual(subject)
    expect(describeSubject(EvaluationContext.parse(context))).toEqual(subject)
    expect(describeSubject(readContext(context))).toEqual(subject)
  })

  it('has the same meaning before and after the schema', () => {
    fc.assert(
      fc.property(anyContext, (context) => {
        const { success, data } = EvaluationContext.safeParse(context)
        // A context that is refused has no meaning.
        const read = success ? data : context
        expect(describeSubject(read)).toEqual(describeSubject(context))
      }),
      { numRuns: 1_000 },
    )
  })

  it('means the same subject to the evaluator and to the SDK', () => {
    fc.assert(
      fc.property(anyContext, (context) => {
        expect(describeSubject(readContext(context))).toEqual(describeSubject(context))
      }),
      { numRuns: 1_000 },
    )
  })

  it('passes with an attribute of another type', () => {
    const odd = fc.oneof(fc.boolean(), fc.double(), fc.array(fc.boolean()), fc.object())
    const names = ['userId', 'targetingKey', 'role', 'city', 'category', 'categories'] as const
    fc.assert(
      fc.property(aContext, fc.constantFrom(...names), odd, (context, name, value) => {
        expect(EvaluationContext.safeParse({ ...context, [name]: value }).success).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('passes the quick check exactly when the schema accepts it', () => {
    fc.assert(
      fc.property(fc.oneof(anyContext, fc.dictionary(fc.string(), anyJson)), (context) => {
        expect(isContext(context)).toBe(EvaluationContext.safeParse(context).success)
      }),
      { numRuns: 1_000 },
    )
  })

  it('leaves the schema as it came, a member named __proto__ included', () => {
    const context: unknown = JSON.parse('{"__proto__":"x","constructor":1,"plan":["pro"]}')
    expect(EvaluationContext.parse(context)).toBe(context)
  })

  it.each([
    ['userId', 'x'.repeat(257), 'send at most 256 characters'],
    ['targetingKey', 'x'.repeat(257), 'send at most 256 characters'],
    ['role', 'x'.repeat(257), 'send at most 256 characters'],
    ['city', 'x'.repeat(257), 'send at most 256 characters'],
    ['category', 'x'.repeat(257), 'send at most 256 characters'],
    ['category', Array(101).fill('x'), 'send at most 100 categories'],
    ['categories', ['music', 'x'.repeat(257)], 'send at most 256 characters'],
    ['categories', Array(101).fill('x'), 'send at most 100 categories'],
  ])('fails with the name of %s when that is too long', (name, value, message) => {
    const { error } = EvaluationContext.safeParse({ [name]: value })
    expect(error?.issues).toMatchObject([{ path: [name], message }])
    const limit = value.length - 1
    const shorter = Array.isArray(value) && limit > 1 ? value.slice(0, limit) : ['x']
    expect(EvaluationContext.safeParse({ [name]: shorter }).success).toBe(true)
  })

  it.each([null, undefined, 'u-1', 7, true, ['u-1']])('must be an object, not %j', (context) => {
    expect(EvaluationContext.safeParse(context).success).toBe(false)
  })
})
