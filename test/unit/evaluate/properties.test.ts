import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Explanation, Reason, StepName } from '../../../schema/evaluation.ts'
import { SnapshotFlag } from '../../../schema/snapshot.ts'
import {
  compileFlag,
  evaluate,
  explain,
  hashUser,
  isFlagOn,
  readFlagValue,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import {
  aContext,
  aFlag,
  anyContext,
  aRollout,
  unknownAttributes,
} from '../../support/arbitraries.ts'
import { aServedFlag } from '../../support/arbitrary-serving.ts'

const RUNS = { numRuns: 1_000 }

const evaluation = (flag: SnapshotFlag, context: unknown) =>
  evaluate(compileFlag(flag), readSubject(context))

const explanation = (flag: SnapshotFlag, context: unknown) =>
  explain(compileFlag(flag), readSubject(context))

const targets = (list: readonly string[] = []) => list.length > 0

/** The attributes that conditions use, with the other name of each. */
const namesInConditions = ({ rules }: SnapshotFlag) => {
  const names = new Set(
    rules?.where?.flatMap((condition) => ('attribute' in condition ? condition.attribute : [])),
  )
  const isUsed = (...some: string[]) => some.some((name) => names.has(name))
  return { names, user: isUsed('userId', 'targetingKey'), list: isUsed('category', 'categories') }
}

/** Which attributes may change a flag's answer. */
const listAttributes = (flag: SnapshotFlag) => {
  const { denyList, allowList, roles, cities, categories } = flag.rules ?? {}
  const used = namesInConditions(flag)
  const isSplit = flag.rollout > 0 && flag.rollout < 100
  const user = targets(denyList) || targets(allowList) || isSplit || used.user
  return {
    targetingKey: user,
    userId: user,
    role: targets(roles) || used.names.has('role'),
    city: targets(cities) || used.names.has('city'),
    category: targets(categories) || used.list,
    categories: targets(categories) || used.list,
  }
}

/** Checks a property of any flag and any context. */
const always = (check: (flag: SnapshotFlag, context: unknown) => void) =>
  fc.assert(fc.property(aFlag, anyContext, check), RUNS)

test('Generated flags and contexts: every step decides, and every reason occurs', () => {
  const pairs = fc.sample(fc.tuple(aFlag, anyContext), { numRuns: 2_000, seed: 1 })
  const seen = pairs.map(([flag, context]) => evaluation(flag, context))
  const served = fc.sample(fc.tuple(aServedFlag, anyContext), { numRuns: 2_000, seed: 1 })
  const steps = [...seen, ...served.map(([flag, context]) => evaluation(flag, context))]
  expect(new Set(steps.map(({ step }) => step))).toEqual(new Set(StepName.options))
  expect(new Set(seen.map(({ reason }) => reason))).toEqual(new Set(Reason.options))
})

test('isFlagOn: returns the value of evaluate for any flag and context', () => {
  fc.assert(
    fc.property(aFlag, anyContext, (flag, context) => {
      const compiled = compileFlag(flag)
      expect(isFlagOn(compiled, context, hashUser)).toBe(evaluation(flag, context).value)
      expect(isFlagOn({ key: flag.key, broken: true }, context, hashUser)).toBe(false)
    }),
    { numRuns: 5_000 },
  )
})

test('readFlagValue: returns the value of evaluate for a flag of any type', () => {
  fc.assert(
    fc.property(aServedFlag, anyContext, (flag, context) => {
      const { value } = evaluation(flag, context)
      expect(readFlagValue(compileFlag(flag), context, hashUser)).toBe(value)
      expect(isFlagOn(compileFlag(flag), context, hashUser)).toBe(value === true)
    }),
    { numRuns: 2_000 },
  )
})

test('SnapshotFlag: accepts every generated flag as it is', () => {
  fc.assert(
    fc.property(aServedFlag, (flag) => {
      expect(SnapshotFlag.parse(flag)).toEqual(flag)
    }),
  )
})

describe('evaluate, for any context', () => {
  test('the value is a boolean, and the variant fits it', () => {
    always((flag, context) => {
      const { value, variant } = evaluation(flag, context)
      expect([value, variant]).toBeOneOf([
        [true, 'on'],
        [false, 'off'],
      ])
    })
  })

  test('the result carries the key of its flag', () => {
    always((flag, context) => {
      expect(evaluation(flag, context).key).toBe(flag.key)
    })
  })

  test('the result has an error code exactly when the reason is ERROR', () => {
    always((flag, context) => {
      const { reason, errorCode } = evaluation(flag, context)
      expect(errorCode !== undefined).toBe(reason === 'ERROR')
    })
  })

  test('a step gives only the values and reasons that it may give', () => {
    const legal: Record<StepName, readonly string[]> = {
      disabled: ['off DISABLED'],
      denyList: ['off TARGETING_MATCH'],
      allowList: ['on TARGETING_MATCH'],
      targets: [],
      roles: ['off DEFAULT'],
      cities: ['off DEFAULT'],
      categories: ['off DEFAULT'],
      conditions: ['off DEFAULT'],
      rollout: [
        'off STATIC',
        'on STATIC',
        'off TARGETING_MATCH',
        'on TARGETING_MATCH',
        'off SPLIT',
        'on SPLIT',
        'off ERROR',
      ],
    }
    always((flag, context) => {
      const { step, variant, reason } = evaluation(flag, context)
      expect(legal[StepName.parse(step)]).toContain(`${variant} ${reason}`)
    })
  })

  test('the result is the same the second time', () => {
    always((flag, context) => {
      const [compiled, subject] = [compileFlag(flag), readSubject(context)]
      expect(evaluate(compiled, subject)).toEqual(evaluate(compiled, subject))
    })
  })
})

test('evaluate: raising a rollout never turns the flag off for a user who has it', () => {
  fc.assert(
    fc.property(aFlag, anyContext, aRollout, aRollout, (flag, context, one, other) => {
      const lower = evaluation({ ...flag, rollout: Math.min(one, other) }, context)
      const higher = evaluation({ ...flag, rollout: Math.max(one, other) }, context)
      expect(higher.value || !lower.value).toBe(true)
    }),
    RUNS,
  )
})

test('evaluate: attributes with unknown names do not change the result', () => {
  fc.assert(
    fc.property(aFlag, aContext, unknownAttributes, (flag, context, others) => {
      const { names } = namesInConditions(flag)
      const unused = Object.entries(others).filter(([name]) => !names.has(name))
      expect(evaluation(flag, { ...context, ...Object.fromEntries(unused) })).toEqual(
        evaluation(flag, context),
      )
    }),
    RUNS,
  )
})

test('evaluate: attributes that the flag has no rule for do not change the result', () => {
  fc.assert(
    fc.property(aFlag, aContext, aContext, (flag, context, other) => {
      const changed = { ...context }
      for (const [name, matters] of Object.entries(listAttributes(flag)))
        if (!matters) changed[name] = other[name]
      expect(evaluation(flag, changed)).toEqual(evaluation(flag, context))
    }),
    RUNS,
  )
})

test('evaluate: adding a flag does not change the others', () => {
  fc.assert(
    fc.property(aFlag, fc.array(aFlag, { maxLength: 4 }), anyContext, (added, flags, context) => {
      const evaluateAll = (all: readonly SnapshotFlag[]) => {
        const subject = readSubject(context)
        return all.map((flag) => evaluate(compileFlag(flag), subject))
      }
      expect(evaluateAll([added, ...flags]).slice(1)).toEqual(evaluateAll(flags))
    }),
    RUNS,
  )
})

describe('explain, for any context', () => {
  test('the explanation agrees with the evaluation', () => {
    always((flag, context) => {
      const { step, variant: _, ...evaluated } = evaluation(flag, context)
      expect(explanation(flag, context)).toMatchObject({ ...evaluated, decidedBy: step })
    })
  })

  test('the explanation has every step, in the order of evaluation', () => {
    always((flag, context) => {
      const told = explanation(flag, context).steps.map(({ step }) => step)
      const hasConditions = (flag.rules?.where ?? []).length > 0
      expect(told).toEqual(
        StepName.options.filter(
          (step) => (step !== 'conditions' || hasConditions) && step !== 'targets',
        ),
      )
    })
  })

  test('one step decided, those before it passed, those after it were not reached', () => {
    always((flag, context) => {
      const outcomes = explanation(flag, context).steps.map(({ outcome }) => outcome)
      expect(outcomes.join(', ')).toMatch(/^(passed, )*decided(, not reached)*$/)
    })
  })

  test('decidedBy is the step that decided', () => {
    always((flag, context) => {
      const { decidedBy, steps } = explanation(flag, context)
      expect(steps.find(({ outcome }) => outcome === 'decided')?.step).toBe(decidedBy)
    })
  })

  test('the explanation of a flag of any type agrees with the evaluation', () => {
    fc.assert(
      fc.property(aServedFlag, anyContext, (flag, context) => {
        const { step, variant, ...evaluated } = evaluation(flag, context)
        const explained = explanation(flag, context)
        expect(explained).toMatchObject({ ...evaluated, decidedBy: step })
        expect(explained.variant ?? variant).toBe(variant)
        expect(Explanation.strict().safeParse(explained).success).toBe(true)
      }),
    )
  })

  test('the explanation fits its schema', () => {
    always((flag, context) => {
      expect(Explanation.strict().safeParse(explanation(flag, context)).success).toBe(true)
    })
  })
})
