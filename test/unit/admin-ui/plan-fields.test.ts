import { describe, expect, it } from 'vitest'
import { toPlan, type PlanDraft } from '../../../admin-ui/model/experiment-draft.ts'
import { findMistake, PLAN_FIELDS } from '../../../admin-ui/model/plan-fields.ts'
import { Plan } from '../../../schema/experiment.ts'

const FINE: PlanDraft = {
  baselineRate: '0.01',
  minimumDetectableEffect: '10',
  power: '80',
  alpha: '5',
  minimumDays: '7',
}

const isTaken = (plan: PlanDraft) => Plan.safeParse(toPlan({ plan })).success

describe('Plan field', () => {
  it.each(PLAN_FIELDS)('$name accepts its minimum and its maximum, as the server does', (field) => {
    for (const bound of [field.min, field.max]) {
      const plan = { ...FINE, [field.name]: String(bound) }
      expect(findMistake(plan)).toBeNull()
      // A rate near 100 % leaves no room for an effect, so the server refuses it.
      expect(isTaken(plan)).toBe(field.name !== 'baselineRate' || bound === field.min)
    }
  })

  it.each(PLAN_FIELDS)('$name rejects values out of range, empty values and text', (field) => {
    for (const typed of [String(field.min / 2), String(field.max * 2), '', 'much']) {
      const plan = { ...FINE, [field.name]: typed }
      expect(findMistake(plan)).toContain(field.label)
      expect(isTaken(plan)).toBe(false)
    }
  })
})
