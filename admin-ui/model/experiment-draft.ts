import type { Experiment, ExperimentCreation, Plan } from '../../schema/experiment.ts'

/** A variant as the form holds it: `id` tells rows apart while names are typed. */
export type VariantDraft = { readonly id: number; readonly name: string; readonly weight: string }

/** What is typed into the plan, in percent. */
export type PlanDraft = { readonly [Name in keyof Plan]: string }

export type ExperimentDraft = {
  readonly description: string
  readonly variants: readonly VariantDraft[]
  readonly startAt: string | null
  readonly stopAt: string | null
  readonly isPlanned: boolean
  readonly plan: PlanDraft
}

export type ExperimentSettings = Omit<ExperimentCreation, 'key' | 'comment'>

const EMPTY_PLAN: PlanDraft = {
  baselineRate: '10',
  minimumDetectableEffect: '10',
  power: '80',
  alpha: '5',
}

export const NEW_EXPERIMENT: ExperimentDraft = {
  description: '',
  variants: [
    { id: 1, name: 'control', weight: '50' },
    { id: 2, name: 'variant', weight: '50' },
  ],
  startAt: null,
  stopAt: null,
  isPlanned: true,
  plan: EMPTY_PLAN,
}

/** A share as typed in percent, without the noise of binary fractions: 0.07 → "7", not "7.000000000000001". */
const toPercentText = (share: number) => String(Number((share * 100).toPrecision(12)))

/** Percent as typed, as a share. Not a number when it is none: the schema then says so. */
const parsePercent = (percent: string) =>
  percent.trim() === '' ? Number.NaN : Number((Number(percent) / 100).toPrecision(12))

const mapPlan = <A, B>(plan: { readonly [Name in keyof Plan]: A }, to: (value: A) => B) =>
  Object.fromEntries(Object.entries(plan).map(([name, value]) => [name, to(value)])) as {
    [Name in keyof Plan]: B
  }

export const toPlan = ({ plan }: Pick<ExperimentDraft, 'plan'>): Plan => mapPlan(plan, parsePercent)

export const toExperimentDraft = (experiment: Experiment): ExperimentDraft => ({
  description: experiment.description ?? '',
  variants: experiment.variants.map(({ name, weight }, index) => ({
    id: index + 1,
    name,
    weight: String(weight),
  })),
  startAt: experiment.startAt,
  stopAt: experiment.stopAt,
  isPlanned: experiment.plan !== null,
  plan: experiment.plan ? mapPlan(experiment.plan, toPercentText) : EMPTY_PLAN,
})

export const parseWeight = ({ weight }: VariantDraft): number =>
  weight.trim() === '' ? Number.NaN : Number(weight)

/** The settings of a draft, for the server to judge. */
export const toExperimentSettings = (draft: ExperimentDraft): ExperimentSettings => ({
  description: draft.description.trim() || null,
  variants: draft.variants.map((variant) => ({
    name: variant.name.trim(),
    weight: parseWeight(variant),
  })),
  startAt: draft.startAt,
  stopAt: draft.stopAt,
  plan: draft.isPlanned ? toPlan(draft) : null,
})

/** What an edit changes: only what it names is sent. What the form itself trims or rounds is no change. */
export const findChanges = (
  before: Experiment,
  draft: ExperimentDraft,
): Partial<ExperimentSettings> => {
  const [unchanged, next] = [
    toExperimentSettings(toExperimentDraft(before)),
    toExperimentSettings(draft),
  ]
  const names = Object.keys(next) as (keyof ExperimentSettings)[]
  return Object.fromEntries(
    names
      .filter((name) => JSON.stringify(next[name]) !== JSON.stringify(unchanged[name]))
      .map((name) => [name, next[name]]),
  )
}

/* Rows of variants: pure, so that the form only asks. */

export const addVariant = (variants: readonly VariantDraft[]): readonly VariantDraft[] => {
  const id = Math.max(0, ...variants.map((variant) => variant.id)) + 1
  const taken = new Set(variants.map(({ name }) => name))
  const name = Array.from('BCDEFGHIJKLMNOPQRSTU').find((letter) => !taken.has(letter)) ?? ''
  return [...variants, { id, name, weight: variants.at(-1)?.weight ?? '1' }]
}

export const removeVariant = (variants: readonly VariantDraft[], id: number) =>
  variants.filter((variant) => variant.id !== id)

export const moveVariantUp = (
  variants: readonly VariantDraft[],
  id: number,
): readonly VariantDraft[] => {
  const index = variants.findIndex((variant) => variant.id === id)
  const [above, self] = [variants[index - 1], variants[index]]
  return above && self
    ? [...variants.slice(0, index - 1), self, above, ...variants.slice(index + 1)]
    : variants
}
