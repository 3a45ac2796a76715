/** Counts of a variant on a UTC day; `day` counts from the epoch. */
export type DayCounts = {
  readonly day: number
  readonly variant: string
  readonly assignments: number
  readonly exposures: number
  readonly exposedUsers: number
  readonly conversions: number
  readonly clicks: number
}
