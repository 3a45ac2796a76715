import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Explanation, Reason, StepName } from '../../../schema/evaluation.ts'
import type { SnapshotFlag } from '../../../schema/snapshot.ts'
import { compileFlag, evaluate, explain, readSubject } from '../../../worker/evaluate/index.ts'
import {
  aContext,
  aFlag,
  anyContext,
  aRollout,
  unknownAttributes,
} from '../../support/arbitraries.ts'

fc.configureGlobal({ numRuns: 1_000 })

const evaluation = (flag: SnapshotFlag, context: unknown) =>
  evaluate(compileFlag(flag), readSubject(context))

const explanation = (flag: SnapshotFlag, context: unknown) =>
  explain(compileFlag(flag), readSubject(context))

const targets = (list: readonly string[] = []) => list.length > 0

/** Which attributes may change a flag's answer. */
const attributesOf = ({ rollout, rules }: SnapshotFlag) => {
  const { denyList, allowList, roles, cities, categories } = rules ?? {}
  const user = targets(denyList) || targets(allowList) || (rollout > 0 && rollout < 100)
  return {
    targetingKey: user,
    userId: user,
    role: targets(roles),
    city: targets(cities),
    category: targets(categories),
    categories: targets(categories),
  }
}

/** Checks a property of any flag and whatever may be sent as a context. */
const always = (check: (flag: SnapshotFlag, context: unknown) => void) =>
  fc.assert(fc.property(aFlag, anyContext, check))

test('the generated flags and contexts make every step decide and give every reason', () => {
  const pairs = fc.sample(fc.tuple(aFlag, anyContext), { numRuns: 2_000, seed: 1 })
  const seen = pairs.map(([flag, context]) => evaluation(flag, context))
  expect(new Set(seen.map(({ step }) => step))).toEqual(new Set(StepName.options))
  expect(new Set(seen.map(({ reason }) => reason))).toEqual(new Set(Reason.options))
})

describe('every evaluation, whatever the context', () => {
  test('has a boolean value and the variant of that value', () => {
    always((flag, context) => {
      const { value, variant } = evaluation(flag, context)
      expect([value, variant]).toBeOneOf([
        [true, 'on'],
        [false, 'off'],
      ])
    })
  })

  test('carries the key of its flag', () => {
    always((flag, context) => {
      expect(evaluation(flag, context).key).toBe(flag.key)
    })
  })

  test('carries an error code exactly when the reason is ERROR', () => {
    always((flag, context) => {
      const { reason, errorCode } = evaluation(flag, context)
      expect(errorCode !== undefined).toBe(reason === 'ERROR')
    })
  })

  test('gives only what its step may give', () => {
    const legal: Record<StepName, readonly string[]> = {
      disabled: ['off DISABLED'],
      denyList: ['off TARGETING_MATCH'],
      allowList: ['on TARGETING_MATCH'],
      roles: ['off DEFAULT'],
      cities: ['off DEFAULT'],
      categories: ['off DEFAULT'],
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

  test('is the same when it is asked again', () => {
    always((flag, context) => {
      const [compiled, subject] = [compileFlag(flag), readSubject(context)]
      expect(evaluate(compiled, subject)).toEqual(evaluate(compiled, subject))
    })
  })
})

test('raising a rollout never takes a flag from anyone who has it', () => {
  fc.assert(
    fc.property(aFlag, anyContext, aRollout, aRollout, (flag, context, one, other) => {
      const lower = evaluation({ ...flag, rollout: Math.min(one, other) }, context)
      const higher = evaluation({ ...flag, rollout: Math.max(one, other) }, context)
      expect(higher.value || !lower.value).toBe(true)
    }),
  )
})

test('attributes of other names do not change the answer', () => {
  fc.assert(
    fc.property(aFlag, aContext, unknownAttributes, (flag, context, others) => {
      expect(evaluation(flag, { ...others, ...context })).toEqual(evaluation(flag, context))
    }),
  )
})

test('attributes that the flag does not look at do not change the answer', () => {
  fc.assert(
    fc.property(aFlag, aContext, aContext, (flag, context, other) => {
      const changed = { ...context }
      for (const [name, matters] of Object.entries(attributesOf(flag)))
        if (!matters) changed[name] = other[name]
      expect(evaluation(flag, changed)).toEqual(evaluation(flag, context))
    }),
  )
})

test('adding a flag changes no other', () => {
  fc.assert(
    fc.property(aFlag, fc.array(aFlag, { maxLength: 4 }), anyContext, (added, flags, context) => {
      const evaluateAll = (all: readonly SnapshotFlag[]) => {
        const subject = readSubject(context)
        return all.map((flag) => evaluate(compileFlag(flag), subject))
      }
      expect(evaluateAll([added, ...flags]).slice(1)).toEqual(evaluateAll(flags))
    }),
  )
})

describe('an explanation', () => {
  test('agrees with the evaluation', () => {
    always((flag, context) => {
      const { step, variant: _, ...evaluated } = evaluation(flag, context)
      expect(explanation(flag, context)).toMatchObject({ ...evaluated, decidedBy: step })
    })
  })

  test('tells every step in the order in which they are asked', () => {
    always((flag, context) => {
      const told = explanation(flag, context).steps.map(({ step }) => step)
      expect(told).toEqual(StepName.options)
    })
  })

  test('has one step that decided, after steps that passed and before steps not reached', () => {
    always((flag, context) => {
      const outcomes = explanation(flag, context).steps.map(({ outcome }) => outcome)
      expect(outcomes.join(', ')).toMatch(/^(passed, )*decided(, not reached)*$/)
    })
  })

  test('names the step that decided', () => {
    always((flag, context) => {
      const { decidedBy, steps } = explanation(flag, context)
      expect(steps.find(({ outcome }) => outcome === 'decided')?.step).toBe(decidedBy)
    })
  })

  test('has the shape that is sent', () => {
    always((flag, context) => {
      expect(Explanation.strict().safeParse(explanation(flag, context)).success).toBe(true)
    })
  })
})
