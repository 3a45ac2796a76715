/** A sample of a rate: the users who saw a variant, and how many of them converted. */
export type Counts = { readonly exposedUsers: number; readonly conversions: number }

/** The counts of one variant. Weights are relative; all counts are whole numbers of users. */
export type VariantCounts = Counts & {
  readonly name: string
  readonly weight: number
  readonly assignments: number
  /** Those whose conversion window is complete. All of them when absent. */
  readonly matured?: Counts
}

/** The sample of a variant without users. */
export const EMPTY_SAMPLE: Counts = { exposedUsers: 0, conversions: 0 }

/** Why a rate is missing. Contradictory counts are reported, never repaired. */
export type CountsReason = 'no_users' | 'invalid_counts'

/** Whether a number can be a count: whole, not negative, and exact. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const areCounts = ({ exposedUsers, conversions }: Counts) =>
  isCount(exposedUsers) && isCount(conversions) && conversions <= exposedUsers

/** Whether all numbers of a variant are whole and not negative, and conversions do not exceed exposed users. */
export const isValidVariant = (variant: VariantCounts): boolean =>
  areCounts(variant) &&
  (variant.matured === undefined || areCounts(variant.matured)) &&
  isCount(variant.assignments) &&
  isCount(variant.weight)

/** Finds the reason why one of these samples has no rate; null when each has one. */
export const findCountsProblem = (...samples: readonly Counts[]): CountsReason | null => {
  if (!samples.every(areCounts)) return 'invalid_counts'
  return samples.every(({ exposedUsers }) => exposedUsers > 0) ? null : 'no_users'
}

/** Computes the conversion rate, 0 to 1, of a sample with at least one user. */
export const computeRate = ({ exposedUsers, conversions }: Counts): number =>
  conversions / exposedUsers

/** Computes 1 − rate from the counts, so that it never rounds to 0 while a user did not convert. */
export const computeComplement = ({ exposedUsers, conversions }: Counts): number =>
  (exposedUsers - conversions) / exposedUsers

/** Adds two samples. */
export const pool = (first: Counts, second: Counts): Counts => ({
  exposedUsers: first.exposedUsers + second.exposedUsers,
  conversions: first.conversions + second.conversions,
})
