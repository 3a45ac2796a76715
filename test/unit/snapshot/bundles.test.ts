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
  compileResults,
  toResult,
  writeResults,
} from '../../../worker/snapshot/results.ts'
import { createEtag } from '../../../worker/snapshot/etag.ts'
import { compileValues, writeValues } from '../../../worker/snapshot/values.ts'
import { aFlag, anyContext, anyText } from '../../support/arbitraries.ts'

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
  const template = compileResults(compiled.keys)
  const codes = codesOf(evaluateAll(compiled, context))
  return {
    text: writeResults(template, codes, more),
    tag: createEtag(template.fingerprint, codes, JSON.stringify(more)),
  }
}

const plain = (text: string) => text.replaceAll(' true', 'true')

test('Response values: patched values equal serialized values', () => {
  fc.assert(
    fc.property(someFlags, anyContext, fc.nat(), (flags, context, version) => {
      const compiled = compileFlags(flags)
      const template = compileValues(compiled.keys, version)
      const answers = evaluateAll(compiled, context)
      const members = flags.map((flag) => {
        const { value } = evaluate(flag, readSubject(context))
        return `${JSON.stringify(flag.key)}:${value}`
      })
      const textWith = (more?: string) =>
        new TextDecoder().decode(writeValues(template, answers, more))
      const expected = `{"flags":{${members.join(',')}},"version":${version}`
      expect(plain(textWith())).toBe(plain(`${expected}}`))
      expect(plain(textWith('{"é":[]}'))).toBe(plain(`${expected},"é":[]}`))
      expect(() => JSON.parse(textWith())).not.toThrow()
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

describe('ETag', () => {
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
