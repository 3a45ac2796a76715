import type { Experiment } from '../../schema/experiment.ts'
import { counted } from '../model/numbers.ts'
import { neededFor } from '../model/plan.ts'

/** The users that the plan of a draft takes; once it is launched, its results say so. */
export const PlannedSample = ({ plan, variants }: Pick<Experiment, 'plan' | 'variants'>) => {
  if (!plan) return null
  const needed = neededFor(plan, variants.length)
  return (
    <>
      {needed.perVariant === null
        ? needed.why
        : `${counted(needed.perVariant, 'user')} per variant.`}
    </>
  )
}
