import type { Variant } from '../../schema/experiment.ts'

/** Computes the share of new users that each variant gets, 0 to 1, in the order given; 0 when all weights are 0. */
export const computeShares = (variants: readonly Pick<Variant, 'weight'>[]): readonly number[] => {
  const weights = variants.map(({ weight }) => (Number.isFinite(weight) && weight > 0 ? weight : 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => (total === 0 ? 0 : weight / total))
}

export type Segment = { readonly name: string; readonly share: number; readonly from: number }

/** Lays out the shares side by side on a bar of length 1. */
export const layOutSegments = (variants: readonly Variant[]): readonly Segment[] => {
  const shares = computeShares(variants)
  return variants.map(({ name }, index) => ({
    name,
    share: shares[index] ?? 0,
    from: shares.slice(0, index).reduce((sum, share) => sum + share, 0),
  }))
}
