import type { Plan } from '../../schema/experiment.ts'
import type { PlanDraft } from './experiment-draft.ts'

type PlanField = {
  readonly name: keyof Plan
  readonly label: string
  readonly help: string
  readonly unit: '%' | 'days'
  /** The limits of the server, in this unit. */
  readonly min: number
  readonly max: number
}

/** The fields of a plan. */
export const PLAN_FIELDS: readonly PlanField[] = [
  {
    name: 'baselineRate',
    label: 'Rate today',
    unit: '%',
    help: 'The share of users who book after they see it.',
    min: 0.0001,
    max: 99.99,
  },
  {
    name: 'minimumDetectableEffect',
    label: 'Smallest effect worth finding',
    unit: '%',
    help: 'Relative: 10 means that 10 % becomes 11 %.',
    min: 0.1,
    max: 1000,
  },
  {
    name: 'power',
    label: 'Power',
    unit: '%',
    help: 'The chance to find an effect of that size. 80 is usual.',
    min: 50,
    max: 99.99,
  },
  {
    name: 'alpha',
    label: 'Risk of a false alarm',
    unit: '%',
    help: 'The chance to see an effect where there is none. 5 is usual.',
    min: 0.0001,
    max: 50,
  },
  {
    name: 'minimumDays',
    label: 'Minimum duration',
    unit: 'days',
    help: 'No verdict comes from fewer days. 7 have each weekday.',
    min: 1,
    max: 90,
  },
]

/** Says which field is out of its range. */
export const findMistake = (plan: PlanDraft): string | null => {
  const wrong = PLAN_FIELDS.find(({ name, unit, min, max }) => {
    const value = Number(plan[name] || Number.NaN)
    return !(value >= min && value <= max) || (unit === 'days' && !Number.isInteger(value))
  })
  if (wrong === undefined) return null
  const { label, min, max, unit } = wrong
  return unit === 'days'
    ? `${label} must be a whole number between ${min} and ${max} days.`
    : `${label} must lie between ${min} and ${max} %.`
}
