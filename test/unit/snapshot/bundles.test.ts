import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { OfrepSuccess } from '../../../schema/ofrep.ts'
import {
  compileFlags,
  compileFlag,
  evaluate,
  evaluateAll,
  readSubject,
  type BrokenFlag,
  type CompiledFlag,
} from '../../../worker/evaluate/index.ts'
import {
  codesOf,
  describeOthers,
  compileResults,
  toResult,
  writeResults,
} from '../../../worker/snapshot/results.ts'
import { createEtag } from '../../../worker/snapshot/etag.ts'
import { compileValues, listTypedVariants, writeValues } from '../../../worker/snapshot/values.ts'
import { aFlag, anyContext, anyText } from '../../support/arbitraries.ts'
import { aServedFlag } from '../../support/arbitrary-serving.ts'

type Flags = readonly (CompiledFlag | BrokenFlag)[]

/** Flags of a snapshot with unique keys; some flags are unreadable. */
const someFlags: fc.Arbitrary<Flags> = fc.uniqueArray(
  fc.oneof(
    { weight: 9, arbitrary: aFlag.map(compileFlag) },
    { weight: 1, arbitrary: anyText.map((key) => ({ key, broken: true as const })) },
  ),
  { selector: ({ key }) => key, maxLength: 70, size: 'max' },
)

const serialised = (flags: Flags, context: unknown) =>
  JSON.stringify(flags.map((flag) => toResult(evaluate(flag, readSubject(context)))))

const answer = (flags: Flags, context: unknown, more: readonly OfrepSuccess[] = []) => {
  const compiled = compileFlags(flags)
  const template = compileResults(compiled)
  const answers = evaluateAll(compiled, context)
  const codes = codesOf(answers)
  const rest = JSON.stringify(more) + describeOthers(answers)
  return {
    text: writeResults(template, answers, codes, more),
    tag: createEtag(template.fingerprint, codes, rest),
  }
}

const plain = (text: string) => text.replaceAll(' true', 'true')

test('Response values: patched values equal serialized values', () => {
  fc.assert(
    fc.property(someFlags, anyContext, fc.nat(), (flags, context, version) => {
      const compiled = compileFlags(flags)
      const template = compileValues(compiled, version)
      const answers = evaluateAll(compiled, context)
      const members = flags.map((flag) => {
        const { value } = evaluate(flag, readSubject(context))
        return `${JSON.stringify(flag.key)}:${JSON.stringify(value)}`
      })
      const textWith = (more?: string) =>
        new TextDecoder().decode(writeValues(template, answers, more === undefined ? {} : { more }))
      const expected = `{"flags":{${members.join(',')}},"version":${version}`
      expect(plain(textWith())).toBe(plain(`${expected}}`))
      expect(plain(textWith('{"é":[]}'))).toBe(plain(`${expected},"é":[]}`))
      expect(() => JSON.parse(textWith())).not.toThrow()
    }),
  )
})

/** Flags of every type. */
const typedFlags: fc.Arbitrary<Flags> = fc.uniqueArray(aServedFlag.map(compileFlag), {
  selector: ({ key }) => key,
  maxLength: 40,
  size: 'max',
})

const isBoolean = (flag: Flags[number]) =>
  'broken' in flag || (flag.serving?.type ?? 'boolean') === 'boolean'

test('Response values: values of every type equal serialized values', () => {
  fc.assert(
    fc.property(typedFlags, anyContext, (flags, context) => {
      const compiled = compileFlags(flags)
      const template = compileValues(compiled, 7)
      const answers = evaluateAll(compiled, context)
      const read = (content: Parameters<typeof writeValues>[2]): unknown =>
        JSON.parse(new TextDecoder().decode(writeValues(template, answers, content)))
      const valuesOf = (some: Flags) =>
        JSON.parse(
          `{${some.map((flag) => `${JSON.stringify(flag.key)}:${JSON.stringify(evaluate(flag, readSubject(context)).value)}`).join()}}`,
        ) as unknown
      expect(read({})).toEqual({ flags: valuesOf(flags), version: 7 })
      expect(read({ more: '{"a":1}' })).toEqual({ flags: valuesOf(flags), version: 7, a: 1 })
      const booleans = valuesOf(flags.filter(isBoolean))
      expect(read({ hasTyped: false })).toEqual({ flags: booleans, version: 7 })
      const tag = JSON.stringify(
        flags
          .filter((flag) => !isBoolean(flag))
          .map((flag) => evaluate(flag, readSubject(context)).variant),
      )
      expect(listTypedVariants(template, answers)).toBe(tag === '[]' ? '' : tag)
    }),
  )
})

const variant = (name: string): OfrepSuccess => ({
  key: 'checkout-redesign',
  value: name,
  reason: 'SPLIT',
  variant: name,
})

test('Results: the results of experiments come last', () => {
  const more = [variant('A'), variant('B')]
  expect(answer([], {}, more).text).toBe(JSON.stringify(more))
  const flags = [compileFlag({ key: 'a', enabled: true, rollout: 0, rules: null })]
  const all = [{ key: 'a', value: false, reason: 'STATIC', variant: 'off' }, ...more]
  expect(answer(flags, {}, more).text).toBe(JSON.stringify(all))
})

test('Results: the joined text equals the serialized results', () => {
  fc.assert(
    fc.property(someFlags, anyContext, (flags, context) => {
      expect(answer(flags, context).text).toBe(serialised(flags, context))
    }),
  )
})

test('Results: the joined text of flags of every type equals the serialized results', () => {
  fc.assert(
    fc.property(typedFlags, anyContext, anyContext, (flags, one, other) => {
      expect(answer(flags, one).text).toBe(serialised(flags, one))
      expect(answer(flags, other).text).toBe(serialised(flags, other))
    }),
  )
})

describe('ETag', () => {
  test('two contexts have equal tags exactly when their answers of every type are equal', () => {
    fc.assert(
      fc.property(typedFlags, anyContext, anyContext, (flags, one, other) => {
        const [a, b] = [answer(flags, one), answer(flags, other)]
        expect(a.tag === b.tag).toBe(a.text === b.text)
      }),
    )
  })

  test('two versions of flags of every type have different tags when their answers differ', () => {
    fc.assert(
      fc.property(typedFlags, typedFlags, anyContext, (flags, others, context) => {
        const edited = flags.map((flag, index) => ({ ...(others[index] ?? flag), key: flag.key }))
        for (const after of [edited, others, flags.slice(1)]) {
          const [a, b] = [answer(flags, context), answer(after, context)]
          expect(a.text === b.text || a.tag !== b.tag).toBe(true)
        }
      }),
    )
  })

  test('two contexts have equal tags exactly when their answers are equal', () => {
    fc.assert(
      fc.property(someFlags, anyContext, anyContext, (flags, one, other) => {
        const [a, b] = [answer(flags, one), answer(flags, other)]
        expect(a.tag === b.tag).toBe(a.text === b.text)
      }),
    )
  })

  test('two versions have equal tags exactly when the answers are equal', () => {
    fc.assert(
      fc.property(someFlags, someFlags, anyContext, (flags, others, context) => {
        const edited = flags.map((flag, index) => ({ ...(others[index] ?? flag), key: flag.key }))
        for (const after of [edited, others, flags.slice(1), flags.toReversed()]) {
          const [a, b] = [answer(flags, context), answer(after, context)]
          expect(a.tag === b.tag).toBe(a.text === b.text)
        }
      }),
    )
  })

  test('the tag stays when an edit changes nothing for the context', () => {
    const flag = { key: 'a', enabled: true, rollout: 100, rules: { cities: ['Pune'] } }
    const now = { ...flag, rollout: 40, rules: { roles: ['ADMIN'], cities: ['Pune', 'Delhi'] } }
    const context = { userId: 'u-1', city: 'Mumbai', role: 'ADMIN' }
    expect(answer([compileFlag(now)], context)).toEqual(answer([compileFlag(flag)], context))
  })

  test('the tag covers the rest of the answer', () => {
    expect(answer([], {}, [variant('A')]).tag).not.toBe(answer([], {}, [variant('B')]).tag)
  })
})
