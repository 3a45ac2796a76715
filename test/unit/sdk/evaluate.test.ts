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
  evaluateFlagValue,
  isOn,
  valuesOf,
  type FlagDefinition,
} from '../../../sdk/evaluate.ts'
import {
  compileFlag,
  compileSegment,
  evaluate,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import { aContext, aFlag, anyContext, someSegments } from '../../support/arbitraries.ts'

describe('evaluateFlag', () => {
  it('returns the result of the edge for every flag and context', () => {
    fc.assert(
      fc.property(aFlag, aContext, someSegments, (flag, context, segments) => {
        const compiled = new Map(segments.map((each) => [each.key, compileSegment(each)]))
        const edge = evaluate(compileFlag(flag, compiled), readSubject(context))
        const { key: _, ...details } = edge
        expect(evaluateFlagDetails(flag, context, segments)).toEqual(details)
        expect(evaluateFlag(flag, context, segments)).toBe(details.value)
      }),
    )
  })
})

describe('evaluateFlagValue', () => {
  it('returns the off variant when the context lacks what places it, as the service does', () => {
    const flag: FlagDefinition = {
      key: 'theme',
      enabled: true,
      rollout: 100,
      rules: null,
      type: 'string',
      variants: [
        { name: 'a', value: 'A' },
        { name: 'b', value: 'B' },
      ],
      offVariant: 'a',
      serve: [{ variant: 'b', weight: 1 }],
    }
    expect(evaluateFlagValue(flag, {}, 'none')).toBe('A')
    expect(evaluateFlagValue(flag, { userId: 'u-1' }, 'none')).toBe('B')
    expect(evaluateFlagValue({ ...flag, serve: 'nowhere' }, {}, 'none')).toBe('none')
  })
})

describe('evaluateAll', () => {
  it('returns for each flag the result of evaluateFlag', () => {
    const someFlags = fc.uniqueArray(aFlag, { selector: ({ key }) => key, maxLength: 70 })
    fc.assert(
      fc.property(someFlags, aContext, someSegments, (flags, context, segments) => {
        const evaluations = evaluateAll(compile({ flags, segments }), context)
        for (const flag of flags) {
          expect(detailsOf(evaluations, flag.key)).toEqual(
            evaluateFlagDetails(flag, context, segments),
          )
          expect(isOn(evaluations, flag.key)).toBe(evaluateFlag(flag, context, segments))
        }
        const values = flags.map(
          (flag) => [flag.key, evaluateFlag(flag, context, segments)] as const,
        )
        expect(valuesOf(evaluations)).toEqual(Object.fromEntries(values))
      }),
    )
  })

  it.each([1_000, 1_001])('returns a record of its own for each context of %i flags', (count) => {
    const flags = Array.from({ length: count }, (_, index) => ({
      key: `flag.${index}`,
      enabled: true,
      rollout: 0,
      rules: { allowList: [`u-${index % 2}`] },
    }))
    const compiled = compile({ flags })
    const [one, other] = ['u-0', 'u-1'].map((userId) => valuesOf(evaluateAll(compiled, { userId })))
    const expected = (rest: number) =>
      Object.fromEntries(flags.map(({ key }, index) => [key, index % 2 === rest]))
    expect(one).toEqual(expected(0))
    expect(other).toEqual(expected(1))
  })

  it('compiles the other flags when one has conditions that cannot be read', () => {
    const flag = { key: 'good', enabled: true, rollout: 100, rules: null }
    const withWhere = (key: string, condition: object) => ({
      ...flag,
      key,
      rules: { where: [{ attribute: 'plan', operator: 'in', ...condition }] },
    })
    const flags = [
      flag,
      withWhere('no list', {}),
      withWhere('exists', { operator: 'exists', values: undefined }),
    ]
    const evaluations = evaluateAll(compile({ flags }), { plan: 'pro' })
    expect(valuesOf(evaluations)).toEqual({ good: true, 'no list': false, exists: true })
  })

  it('takes the last of two flags with one key', () => {
    const flag = { key: 'twice', enabled: true, rollout: 100, rules: null }
    const evaluations = evaluateAll(compile({ flags: [flag, { ...flag, rollout: 0 }] }), {})
    expect(valuesOf(evaluations)).toEqual({ twice: false })
    expect(isOn(evaluations, 'twice')).toBe(false)
  })

  it('returns false and no details for an unknown flag', () => {
    const evaluations = evaluateAll(compile({ flags: [] }), {})
    expect(isOn(evaluations, 'none')).toBe(false)
    expect(detailsOf(evaluations, 'none')).toBeUndefined()
  })

  it('turns an unreadable flag off and evaluates the others', () => {
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

describe('readContext', () => {
  it('keeps every attribute that changes the value of a flag without conditions', () => {
    fc.assert(
      fc.property(aFlag, anyContext, ({ rules, ...rest }, context) => {
        const flag = { ...rest, rules: rules && { ...rules, where: [] } }
        const evaluated = readContext(context)
        expect(evaluateFlag(flag, evaluated)).toBe(
          evaluate(compileFlag(flag), readSubject(context)).value,
        )
        expect(readContext(evaluated)).toEqual(evaluated)
      }),
    )
  })

  it('keeps every attribute that changes the value of a flag when it reads all of them', () => {
    fc.assert(
      fc.property(aFlag, anyContext, (flag, context) => {
        const evaluated = readContext(context, 'all')
        expect(evaluateFlag(flag, evaluated)).toBe(
          evaluate(compileFlag(flag), readSubject(context)).value,
        )
        expect(readContext(evaluated, 'all')).toEqual(evaluated)
      }),
    )
  })
})

it('the types of the SDK accept the types of the service', () => {
  // The client divides the values by their types.
  expectTypeOf<Omit<WireBundle, 'flags'>>().toExtend<Omit<Bundle, 'flags'>>()
  expectTypeOf<FlagsContext>().toExtend<EvaluationContext>()
  expectTypeOf<SnapshotFlag>().toExtend<FlagDefinition>()
})

describe('module functions', () => {
  it('use FLAGS_URL and FLAGS_KEY until configureFlags is called', async () => {
    const urls: string[] = []
    vi.stubEnv('FLAGS_URL', 'https://env.test')
    vi.stubEnv('FLAGS_KEY', 'k')
    vi.stubGlobal('fetch', async (url: string) => {
      urls.push(url)
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
    expect(urls).toEqual([
      'https://env.test/v1/bundle?minVersion=0',
      'https://set.test/v1/bundle?minVersion=0',
    ])
    expect(await flags.flush()).toBe(true)
    vi.unstubAllGlobals()
    vi.unstubAllEnvs()
  })

  it('warn once when url and key are undefined', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const flags = await import('../../../sdk/index.ts')
    flags.configureFlags({ url: undefined, key: undefined, timeoutMs: 50 } as never)
    expect(warn).toHaveBeenCalledOnce()
    warn.mockRestore()
  })

  it('the package imports without any platform global', async () => {
    vi.resetModules()
    for (const name of ['TextEncoder', 'crypto', 'fetch', 'AbortController', 'performance'])
      vi.stubGlobal(name, undefined)
    await expect(import('../../../sdk/index.ts')).resolves.toHaveProperty('getFlag')
    vi.unstubAllGlobals()
  })

  it('warn once and return the defaults when url and key are empty', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const flags = await import('../../../sdk/index.ts')
    flags.configureFlags({ url: '', key: '', timeoutMs: 50 })
    expect(warn).toHaveBeenCalledOnce()
    expect(await flags.getFlag({}, 'on', true)).toBe(true)
    warn.mockRestore()
  })
})
