import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import type { EvaluationContext } from '../../../schema/context.ts'
import type { Bundle as WireBundle } from '../../../schema/evaluation.ts'
import type { SnapshotFlag } from '../../../schema/snapshot.ts'
import type { Bundle } from '../../../sdk/bundle.ts'
import { readContext, type FlagsContext } from '../../../sdk/context.ts'
import {
  compile,
  detailsOf,
  evaluateAll,
  evaluateFlag,
  evaluateFlagDetails,
  isOn,
  valuesOf,
  type FlagDefinition,
} from '../../../sdk/evaluate.ts'
import { compileFlag, evaluate, readSubject } from '../../../worker/evaluate/index.ts'
import { aContext, aFlag, anyContext } from '../../support/arbitraries.ts'

describe('evaluateFlag', () => {
  it('is the evaluator of the edge, for any flag and anybody', () => {
    fc.assert(
      fc.property(aFlag, aContext, (flag, context) => {
        const { key: _, ...details } = evaluate(compileFlag(flag), readSubject(context))
        expect(evaluateFlagDetails(flag, context)).toEqual(details)
        expect(evaluateFlag(flag, context)).toBe(details.value)
      }),
    )
  })
})

describe('all flags at once', () => {
  it('are what each is alone, for any snapshot and anybody', () => {
    const someFlags = fc.uniqueArray(aFlag, { selector: ({ key }) => key, maxLength: 70 })
    fc.assert(
      fc.property(someFlags, aContext, (flags, context) => {
        const evaluations = evaluateAll(compile({ flags }), context)
        for (const flag of flags) {
          expect(detailsOf(evaluations, flag.key)).toEqual(evaluateFlagDetails(flag, context))
          expect(isOn(evaluations, flag.key)).toBe(evaluateFlag(flag, context))
        }
        const values = flags.map((flag) => [flag.key, evaluateFlag(flag, context)] as const)
        expect(valuesOf(evaluations)).toEqual(Object.fromEntries(values))
      }),
    )
  })

  it('a flag that is not there is off, and has no details', () => {
    const evaluations = evaluateAll(compile({ flags: [] }), {})
    expect(isOn(evaluations, 'none')).toBe(false)
    expect(detailsOf(evaluations, 'none')).toBeUndefined()
  })

  it('one that cannot be read is off, and leaves the others alone', () => {
    const good = { key: 'good', enabled: true, rollout: 100, rules: null }
    const bad = { ...good, key: 'bad', rules: { roles: 7 } } as unknown as FlagDefinition
    const evaluations = evaluateAll(compile({ flags: [bad, good] }), {})
    expect(valuesOf(evaluations)).toEqual({ bad: false, good: true })
    expect(detailsOf(evaluations, 'bad')).toMatchObject({
      reason: 'ERROR',
      errorCode: 'PARSE_ERROR',
    })
  })
})

describe('what is sent of a context', () => {
  it('evaluates as the whole context does, and asks nothing that the service refuses', () => {
    fc.assert(
      fc.property(aFlag, anyContext, (flag, context) => {
        const asked = readContext(context)
        expect(evaluateFlag(flag, asked)).toBe(
          evaluate(compileFlag(flag), readSubject(context)).value,
        )
        expect(readContext(asked)).toEqual(asked)
      }),
    )
  })
})

it('the types are those of the wire', () => {
  expectTypeOf<WireBundle>().toExtend<Bundle>()
  expectTypeOf<EvaluationContext>().toExtend<FlagsContext>()
  expectTypeOf<SnapshotFlag>().toExtend<FlagDefinition>()
})

describe('the module', () => {
  it('takes its service from the environment, until it is configured', async () => {
    const asked: string[] = []
    vi.stubEnv('FLAGS_URL', 'https://env.test')
    vi.stubEnv('FLAGS_KEY', 'k')
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url)
      return Response.json({
        flags: { on: true },
        variants: {},
        version: 1,
        staleTime: 30,
        stream: '',
      })
    })
    const flags = await import('../../../sdk/index.ts')
    expect(await flags.getFlag({}, 'on')).toBe(true)
    flags.configureFlags({ url: 'https://set.test/', key: 'k' })
    expect(await flags.getAllFlags({})).toEqual({ on: true })
    expect(await flags.getVariant({}, 'test')).toBeNull()
    expect(asked).toEqual([
      'https://env.test/v1/bundle?minVersion=0',
      'https://set.test/v1/bundle?minVersion=0',
    ])
    expect(await flags.flush()).toBe(true)
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  })

  it('without either, as a page has it that was built without them, says so', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const flags = await import('../../../sdk/index.ts')
    flags.configureFlags({ url: undefined, key: undefined, timeoutMs: 50 } as never)
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  it('asks nothing of where it runs when it is imported', async () => {
    vi.resetModules()
    for (const name of ['TextEncoder', 'crypto', 'fetch', 'AbortController', 'performance'])
      vi.stubGlobal(name, undefined)
    await expect(import('../../../sdk/index.ts')).resolves.toHaveProperty('getFlag')
    vi.unstubAllGlobals()
  })

  it('without either says so, and answers the defaults', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const flags = await import('../../../sdk/index.ts')
    flags.configureFlags({ url: '', key: '', timeoutMs: 50 })
    expect(warn).toHaveBeenCalledOnce()
    expect(await flags.getFlag({}, 'on', true)).toBe(true)
    warn.mockRestore()
  })
})
