import type { Variant } from '../../schema/experiment.ts'

/** The part of new users that each variant gets, 0 to 1, in the order given; nobody when no weight says otherwise. */
export const sharesOf = (variants: readonly Pick<Variant, 'weight'>[]): readonly number[] => {
  const weights = variants.map(({ weight }) => (Number.isFinite(weight) && weight > 0 ? weight : 0))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => (total === 0 ? 0 : weight / total))
}

export type Segment = { readonly name: string; readonly share: number; readonly from: number }

/** The shares side by side: where each begins on a bar of length 1. */
export const segmentsOf = (variants: readonly Variant[]): readonly Segment[] => {
  const shares = sharesOf(variants)
  return variants.map(({ name }, index) => ({
    name,
    share: shares[index] ?? 0,
    from: shares.slice(0, index).reduce((sum, share) => sum + share, 0),
  }))
}
