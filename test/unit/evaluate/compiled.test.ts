import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compileFlags,
  compileFlag,
  compileSegment,
  evaluate,
  evaluateAll,
  evaluationOf,
  hashUser,
  isOn,
  readSubject,
  valueAt,
  type BrokenFlag,
  type CompiledFlag,
  type HashedUser,
  type Segments,
} from '../../../worker/evaluate/index.ts'
import { aFlag, anyCondition, anyContext, anySegments, anyText } from '../../support/arbitraries.ts'
import { aServedFlag } from '../../support/arbitrary-serving.ts'

const aBrokenFlag: fc.Arbitrary<BrokenFlag> = fc.record({
  key: fc.oneof(anyText, fc.constantFrom('__proto__', '(unreadable)')),
  broken: fc.constant(true as const),
})

type Compile = (segments: Segments) => CompiledFlag | BrokenFlag

const anyFlag: fc.Arbitrary<Compile> = fc.oneof(
  {
    weight: 9,
    arbitrary: aFlag.map(
      (flag): Compile =>
        (segments) =>
          compileFlag(flag, segments),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(aFlag, fc.array(anyCondition, { minLength: 1, maxLength: 3 })).map(
      ([flag, where]): Compile =>
        (segments) =>
          compileFlag({ ...flag, rules: { ...flag.rules, where } }, segments),
    ),
  },
  {
    weight: 1,
    arbitrary: aBrokenFlag.map(
      (flag): Compile =>
        () =>
          flag,
    ),
  },
  {
    weight: 3,
    arbitrary: aServedFlag.map(
      (flag): Compile =>
        (segments) =>
          compileFlag(flag, segments),
    ),
  },
)

/** Enough flags for several words, often a number of them that fills the last one just so. */
const someFlags = fc
  .tuple(
    fc.oneof(
      fc.array(anyFlag, { maxLength: 100, size: 'max' }),
      fc
        .constantFrom(31, 32, 33, 64)
        .chain((n) => fc.array(anyFlag, { minLength: n, maxLength: n })),
    ),
    anySegments,
  )
  .map(([flags, definitions]) => {
    const segments = new Map(definitions.map((each) => [each.key, compileSegment(each)]))
    return flags.map((compile) => compile(segments))
  })

const oneByOne = (flags: readonly (CompiledFlag | BrokenFlag)[], context: unknown) =>
  flags.map((flag) => evaluate(flag, readSubject(context)))

const together = (flags: readonly (CompiledFlag | BrokenFlag)[], context: unknown) => {
  const answers = evaluateAll(compileFlags(flags), context)
  return flags.map((_, flag) => evaluationOf(answers, flag))
}

describe('Compiled flags', () => {
  test('evaluating all flags at once gives the details of evaluating each alone', () => {
    fc.assert(
      fc.property(someFlags, anyContext, (flags, context) => {
        expect(together(flags, context)).toEqual(oneByOne(flags, context))
      }),
      { numRuns: 500 },
    )
  })

  test('a flag has the value that it has if evaluated alone', () => {
    fc.assert(
      fc.property(someFlags, anyContext, (flags, context) => {
        const answers = evaluateAll(compileFlags(flags), context)
        const alone = oneByOne(flags, context).map(({ value }) => value)
        expect(flags.map((_, flag) => valueAt(answers, flag))).toEqual(alone)
        const booleans = [...alone.keys()].filter((flag) => typeof alone[flag] === 'boolean')
        expect(booleans.map((flag) => isOn(answers, flag))).toEqual(
          booleans.map((flag) => alone[flag]),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('an empty list of flags evaluates to nothing', () => {
    expect(together([], { userId: 'u-1' })).toEqual([])
  })

  test('the answers of one context stay when the next one is evaluated', () => {
    fc.assert(
      fc.property(someFlags, fc.array(anyContext, { maxLength: 5 }), (flags, contexts) => {
        const compiled = compileFlags(flags)
        const all = contexts.map((context) => evaluateAll(compiled, context))
        expect(all.map((answers) => flags.map((_, flag) => valueAt(answers, flag)))).toEqual(
          contexts.map((context) => oneByOne(flags, context).map(({ value }) => value)),
        )
      }),
      { numRuns: 100 },
    )
  })

  test('the answers stay apart when they need another block of memory', () => {
    const flags = Array.from({ length: 700 }, (_, index) =>
      compileFlag({ key: `flag-${index}`, enabled: true, rollout: 50, rules: null }),
    )
    const compiled = compileFlags(flags)
    const contexts = Array.from({ length: 300 }, (_, index) => ({ userId: `u-${index}` }))
    const all = contexts.map((context) => evaluateAll(compiled, context))
    for (const [index, answers] of all.entries())
      expect(flags.map((_, flag) => isOn(answers, flag))).toEqual(
        oneByOne(flags, contexts[index]).map(({ value }) => value),
      )
  })
})

const rotateRight = (x: number, bits: number) => (x >>> bits) | (x << (32 - bits))

/** The seed under which a user falls into a bucket: murmur3 backwards, each of its operations being invertible. */
const seedFor = (bucket: number, { first, second }: HashedUser) => {
  let h = bucket ^ (bucket >>> 16)
  h = Math.imul(h, 0x7ed1b41d)
  h ^= (h >>> 13) ^ (h >>> 26)
  h = Math.imul(h, 0xa5cb9243)
  h ^= h >>> 16
  h ^= 8
  for (const scrambled of [second, first])
    h = rotateRight(Math.imul(h - 0xe6546b64, 0xcccccccd), 13) ^ scrambled
  return h >>> 0
}

test('Compiled flags: the last bucket inside each rollout is on, the first one outside is off', () => {
  const context = { userId: 'u-1' }
  const user = hashUser(context.userId)
  const whole = Array.from({ length: 99 }, (_, index) => index + 1)
  for (const rollout of [...whole, 0.001, 0.1, 3.125, 12.5, 33.333, 99.999]) {
    const outside = Math.ceil((rollout * 2 ** 32) / 100)
    const flags = [0, outside - 1, outside, 2 ** 32 - 1].map((bucket) => ({
      ...compileFlag({ key: 'a', enabled: true, rollout, rules: null }),
      seed: seedFor(bucket, user),
    }))
    expect(together(flags, context).map(({ value }) => value)).toEqual([true, true, false, false])
    expect(together(flags, context)).toEqual(oneByOne(flags, context))
  }
})
