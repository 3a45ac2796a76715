import { describe, expect, it } from 'vitest'
import { StepName, type Explanation } from '../../../schema/evaluation.ts'
import { describeOutcome, describeReason } from '../../../admin-ui/model/explanation-words.ts'

const explanation = (change: Partial<Explanation>): Explanation => ({
  key: 'a.flag',
  value: false,
  reason: 'DEFAULT',
  decidedBy: 'cities',
  steps: [],
  ...change,
})

describe('describeOutcome', () => {
  it.each([
    ['roles', 'passed', 'matched'],
    ['denyList', 'passed', 'not listed'],
    ['allowList', 'passed', 'not listed'],
    ['disabled', 'passed', 'passed'],
    ['denyList', 'decided', 'stopped here'],
    ['rollout', 'not reached', 'not checked'],
  ] as const)('says for the step %s, %s: "%s"', (step, outcome, words) =>
    expect(describeOutcome({ step, outcome, detail: '' })).toBe(words),
  )
})

describe('describeReason', () => {
  it.each(StepName.options)('has a sentence of its own for the step %s', (decidedBy) => {
    const others = StepName.options.filter((step) => step !== decidedBy)
    const words = describeReason(explanation({ decidedBy }))
    expect(words).toMatch(/^because [a-z ]+$/)
    expect(others.map((step) => describeReason(explanation({ decidedBy: step })))).not.toContain(
      words,
    )
  })

  it('tells a user inside of the rollout from one outside', () => {
    const inside = describeReason(explanation({ decidedBy: 'rollout', value: true }))
    expect(inside).toBe('because the rollout includes the user')
    expect(describeReason(explanation({ decidedBy: 'rollout' }))).not.toBe(inside)
  })

  it('names a missing user id, whatever step decided', () =>
    expect(
      describeReason(explanation({ decidedBy: 'rollout', errorCode: 'TARGETING_KEY_MISSING' })),
    ).toBe('because the rollout needs a user id'))

  it('says that a broken flag could not be evaluated', () =>
    expect(describeReason(explanation({ decidedBy: null }))).toContain('could not be evaluated'))
})
