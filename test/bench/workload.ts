import type { SnapshotFlag } from '../../schema/snapshot.ts'

/*
 * The workload of all in-process rows. Each flag has the full rule set: all five lists and a rollout. The lists are so
 * wide that the rollout decides for about a quarter of the contexts. Deterministic.
 */

export type BenchContext = {
  readonly userId: string
  readonly role: string
  readonly city: string
  readonly category: string
}

/** Mulberry32, a seeded generator: good enough for test data. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const named = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

const ROLES = named('role', 6)
const CITIES = named('city', 20)
const CATEGORIES = named('category', 12)
const USERS = named('user', 4_096)

/** Each name with a probability, in order. */
const some = (names: readonly string[], share: number, random: () => number) =>
  names.filter(() => random() < share)

const picks = (names: readonly string[], count: number, random: () => number) =>
  Array.from({ length: count }, () => names[Math.floor(random() * names.length)] ?? '')

/** Flags with the full rule set. */
export const createFlags = (count: number): SnapshotFlag[] => {
  const random = randomFrom(count)
  return Array.from({ length: count }, (_, index) => ({
    key: `feature.flag_${index}`,
    enabled: random() < 0.95,
    rollout: 1 + Math.floor(random() * 99),
    rules: {
      roles: some(ROLES, 0.6, random),
      cities: some(CITIES, 0.6, random),
      categories: some(CATEGORIES, 0.6, random),
      allowList: picks(USERS, 8, random),
      denyList: picks(USERS, 8, random),
    },
  }))
}

/** Contexts for the measured calls, more than an inline cache or a branch predictor remembers. */
export const createContexts = (count: number): BenchContext[] => {
  const random = randomFrom(count + 1)
  const one = (names: readonly string[]) => names[Math.floor(random() * names.length)] ?? ''
  return Array.from({ length: count }, () => ({
    userId: one(USERS),
    role: one(ROLES),
    city: one(CITIES),
    category: one(CATEGORIES),
  }))
}
