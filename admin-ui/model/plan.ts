import type { Plan } from '../../schema/experiment.ts'
import { sampleSizeFor, type SampleSizeReason } from '../../worker/analyze/index.ts'

const REASONS: Readonly<Record<SampleSizeReason, string>> = {
  baseline_out_of_range: 'The rate today must lie between 0 and 100 %.',
  lift_out_of_range:
    'The effect must be above 0, not too small to be found by anyone, and must not lift the rate to 100 % or more.',
  power_out_of_range: 'The power must lie between 50 and 99.99 %.',
  alpha_out_of_range: 'The risk of a false alarm must lie between 0.0001 and 50 %.',
  variant_count_out_of_range: 'A plan needs 2 to 20 variants.',
}

export type Needed =
  | { readonly perVariant: number; readonly fixedPerVariant: number; readonly why: null }
  | { readonly perVariant: null; readonly fixedPerVariant: null; readonly why: string }

/** The exposed users that each variant needs, as the server computes it: the very same code. */
export const neededFor = (plan: Plan, variantCount: number): Needed => {
  const size = sampleSizeFor({
    baselineRate: plan.baselineRate,
    minimumRelativeLift: plan.minimumDetectableEffect,
    power: plan.power,
    alpha: plan.alpha,
    variantCount,
  })
  return size.reason === null
    ? { perVariant: size.alwaysValidPerVariant, fixedPerVariant: size.fixedPerVariant, why: null }
    : { perVariant: null, fixedPerVariant: null, why: REASONS[size.reason] }
}
