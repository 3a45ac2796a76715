/** A seeded generator (mulberry32). A seed gives the same run on each machine. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  const pick = <T>(first: T, ...others: readonly T[]): T =>
    others[below(others.length + 1) - 1] ?? first
  return {
    /** An integer from 0 up to, not including, `limit`. */
    below,
    pick,
    chance: (probability: number) => next() < probability,
    /** One of the entries, by weight. */
    weighted: <T>(entries: readonly (readonly [number, T])[]): T => {
      let point = next() * entries.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, value] of entries) if ((point -= weight) < 0) return value
      throw new Error('there are no weights')
    },
    times: <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make),
  }
}

export type Random = ReturnType<typeof createRandom>
