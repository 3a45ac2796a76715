/** The users who saw a variant, and those of them who converted: a sample of a rate. */
export type Counts = { readonly exposedUsers: number; readonly conversions: number }

/** What is known of one variant. Weights are relative; all counts are whole numbers of users. */
export type VariantCounts = Counts & {
  readonly name: string
  readonly weight: number
  readonly assignments: number
}

/** The sample of a variant that is not there. */
export const NOBODY: Counts = { exposedUsers: 0, conversions: 0 }

/** Why there is no rate. Counts that contradict themselves are reported, never clamped into shape. */
export type CountsReason = 'no_users' | 'invalid_counts'

/** Whether a number can be a count: whole, not negative, and exact. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const areCounts = ({ exposedUsers, conversions }: Counts) =>
  isCount(exposedUsers) && isCount(conversions) && conversions <= exposedUsers

/** Whether all numbers of a variant are whole, none is negative, and no more converted than were exposed. */
export const isValidVariant = (variant: VariantCounts): boolean =>
  areCounts(variant) && isCount(variant.assignments) && isCount(variant.weight)

/** Why a rate of each of these samples cannot be had; null when all of them can. */
export const reasonAgainst = (...samples: readonly Counts[]): CountsReason | null => {
  if (!samples.every(areCounts)) return 'invalid_counts'
  return samples.every(({ exposedUsers }) => exposedUsers > 0) ? null : 'no_users'
}

/** The share who converted, 0 to 1, of a sample with at least one user. */
export const shareOf = ({ exposedUsers, conversions }: Counts): number => conversions / exposedUsers

/** The share who did not: from the counts, so that it is never rounded to 0 while somebody did not. */
export const complementOf = ({ exposedUsers, conversions }: Counts): number =>
  (exposedUsers - conversions) / exposedUsers

/** Both samples as one. */
export const pool = (first: Counts, second: Counts): Counts => ({
  exposedUsers: first.exposedUsers + second.exposedUsers,
  conversions: first.conversions + second.conversions,
})
