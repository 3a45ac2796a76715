import type { Experiment } from './experiment.ts'

type WithVariants = Pick<Experiment, 'variants'>

/**
 * Whether every bucket means the same in both: names, weights and their order. In a file of its own, because the
 * life cycle runs in browsers too, and zod need not come along.
 */
export const isSameVariants = (a: WithVariants, b: WithVariants): boolean =>
  JSON.stringify(a.variants) === JSON.stringify(b.variants)
