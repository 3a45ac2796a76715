import type { Experiment } from './experiment.ts'

type WithVariants = Pick<Experiment, 'variants'>

/**
 * Whether names, weights and order are equal, so that each bucket gets the same variant. This file is separate, because
 * the life cycle also runs in browsers, without zod.
 */
export const isSameVariants = (a: WithVariants, b: WithVariants): boolean =>
  JSON.stringify(a.variants) === JSON.stringify(b.variants)
