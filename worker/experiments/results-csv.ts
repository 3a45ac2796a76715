import type { Metrics } from '../../schema/metrics.ts'
import { toCsv, toNameCell } from './csv.ts'
import { computeShares } from './shares.ts'

const SUMMARY = [
  'experiment',
  'variant',
  'is_control',
  'weight',
  'share',
  'assignments',
  'exposures',
  'exposed_users',
  'conversions',
  'clicks',
  'rate',
  'rate_lower_95',
  'rate_upper_95',
  'rate_reason',
  'difference_to_control',
  'difference_relative',
  'difference_lower_always_valid',
  'difference_upper_always_valid',
  'p_always_valid',
  'difference_reason',
  'z_control_minus_variant',
  'p',
  'p_holm',
  'z_reason',
  'significant',
  'verdict',
  'verdict_reason',
  'sample_ratio',
  'sample_ratio_p',
  'planned_users_per_variant',
  'matured_users_of_all_variants',
  'alpha',
  'start',
  'is_part',
  'from',
  'to',
] as const

/** Writes the results as one table with a row per variant. Rates and differences are shares of 1. */
export const writeSummaryCsv = ({
  experimentKey,
  variants,
  analysis,
  maturity,
  start,
  part,
  from,
  to,
}: Metrics): string => {
  const shares = computeShares(variants)
  const { rates, comparisons, sampleRatio, progress } = analysis
  return toCsv(
    SUMMARY,
    variants.map((variant, index) => {
      const rate = rates[index]?.rate
      const compared = comparisons.find((comparison) => comparison.variant === variant.name)
      const verdict = compared?.verdict
      return [
        toNameCell(experimentKey),
        toNameCell(variant.name),
        index === 0,
        variant.weight,
        shares[index] ?? 0,
        variant.assignments,
        variant.exposures,
        variant.exposedUsers,
        variant.conversions,
        variant.clicks,
        rate?.value ?? null,
        rate?.lower ?? null,
        rate?.upper ?? null,
        rate?.reason ?? null,
        compared?.lift.value ?? null,
        compared?.lift.relative ?? null,
        compared?.alwaysValidLift.lower ?? null,
        compared?.alwaysValidLift.upper ?? null,
        compared?.alwaysValidLift.pValue ?? null,
        compared?.alwaysValidLift.reason ?? null,
        compared?.zTest.z ?? null,
        compared?.zTest.pValue ?? null,
        compared?.holmPValue ?? null,
        compared?.zTest.reason ?? null,
        compared?.zTest.significant ?? null,
        verdict?.kind ?? null,
        verdict && 'reason' in verdict ? verdict.reason : null,
        sampleRatio.status,
        sampleRatio.pValue,
        progress.planned,
        maturity?.matured ?? null,
        analysis.alpha,
        start?.number ?? 1,
        part === true,
        from,
        to,
      ]
    }),
  )
}

const BY_DAY = [
  'experiment',
  'day',
  'variant',
  'assignments',
  'exposures',
  'exposed_users',
  'conversions',
  'clicks',
] as const

/** Writes the counts behind the results: a row per day and variant. Days of another zone than UTC name it. */
export const writeDaysCsv = ({ experimentKey, days, zone }: Metrics): string =>
  toCsv(
    BY_DAY.map((name) => (name === 'day' ? `day_${zone ?? 'utc'}` : name)),
    days.map(({ day, variant, assignments, exposures, exposedUsers, conversions, clicks }) => [
      toNameCell(experimentKey),
      day,
      toNameCell(variant),
      assignments,
      exposures,
      exposedUsers,
      conversions,
      clicks,
    ]),
  )
