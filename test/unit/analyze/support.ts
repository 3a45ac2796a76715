import type { Counts, VariantCounts } from '../../../worker/analyze/index.ts'

/** A variant with as many assignments as exposed users, weighted 1 unless judgeAt otherwise. */
export const variant = (
  name: string,
  exposedUsers: number,
  conversions: number,
  weight = 1,
): VariantCounts => ({ name, weight, assignments: exposedUsers, exposedUsers, conversions })

/** A sample: conversions of exposed users. */
export const counts = (conversions: number, exposedUsers: number): Counts => ({
  exposedUsers,
  conversions,
})

/** Numbers in [0, 1) from a seed: mulberry32 (Tommy Ettinger, public domain). */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How many of `users` convert, each with probability `rate`. */
export const drawConversions = (random: () => number, users: number, rate: number): number => {
  let conversions = 0
  for (let user = 0; user < users; user += 1) if (random() < rate) conversions += 1
  return conversions
}

/** Every number within a value, however deep. */
export const numbersWithin = (value: unknown): number[] => {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(numbersWithin)
    : []
}
