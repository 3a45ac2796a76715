import { EMPTY_SAMPLE, type Counts, type VariantCounts } from './counts.ts'
import type { Stratum } from './strata.ts'

/** The counts of a time with constant weights. A user belongs to the phase of the assignment. */
export type Phase = {
  readonly number: number
  /** In the order of the experiment: the first is the control. The same names in every phase. */
  readonly variants: readonly VariantCounts[]
  /** Whether the weights of that time are unknown: those given are not tested. */
  readonly hasUnknownWeights?: boolean
}

/** The users whose conversion window is complete: all of them where the counts do not say otherwise. */
export const getMatured = ({ matured, exposedUsers, conversions }: VariantCounts): Counts =>
  matured ?? { exposedUsers, conversions }

/** Whether the phase could assign a user to the variant. */
export const isAssignable = (
  { hasUnknownWeights = false }: Phase,
  { weight, assignments }: VariantCounts,
): boolean => weight > 0 || (hasUnknownWeights && assignments > 0)

const findVariant = ({ variants }: Phase, name: string) =>
  variants.find((variant) => variant.name === name)

/** The phases that could assign a user to either of two variants: only these compare them. */
export const findComparablePhases = (
  phases: readonly Phase[],
  control: string,
  variant: string,
): readonly Phase[] =>
  phases.filter((phase) =>
    [control, variant].every((name) => {
      const found = findVariant(phase, name)
      return found !== undefined && isAssignable(phase, found)
    }),
  )

/** Builds a stratum from each phase. */
export const buildStrata = (
  phases: readonly Phase[],
  control: string,
  variant: string,
  count: (variant: VariantCounts) => Counts = getMatured,
): readonly Stratum[] =>
  phases.map((phase) => {
    const [first, second] = [findVariant(phase, control), findVariant(phase, variant)]
    return {
      control: first ? count(first) : EMPTY_SAMPLE,
      variant: second ? count(second) : EMPTY_SAMPLE,
    }
  })

const addCounts = (a: Counts, b: Counts): Counts => ({
  exposedUsers: a.exposedUsers + b.exposedUsers,
  conversions: a.conversions + b.conversions,
})

/** Adds up the phases of each variant. The weights are those of the last phase. */
export const sumPhases = (phases: readonly Phase[]): readonly VariantCounts[] =>
  (phases.at(-1)?.variants ?? []).map((last) =>
    phases.slice(0, -1).reduce((total, phase) => {
      const earlier = findVariant(phase, last.name)
      if (earlier === undefined) return total
      return {
        ...total,
        ...addCounts(total, earlier),
        assignments: total.assignments + earlier.assignments,
        matured: addCounts(getMatured(total), getMatured(earlier)),
      }
    }, last),
  )
