import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import type { Experiment, ExperimentCreation, Plan } from '../../schema/experiment.ts'

/** A variant in the form. Its `id` identifies the row while the name changes. */
export type VariantDraft = { readonly id: number; readonly name: string; readonly weight: string }

/** The text in the fields of the plan: percents, and days. */
export type PlanDraft = Readonly<Record<keyof Plan, string>>

export type ExperimentDraft = {
  readonly description: string
  readonly owner: string
  readonly note: string
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
  minimumDays: String(DEFAULT_MINIMUM_DAYS),
}

export const NEW_EXPERIMENT: ExperimentDraft = {
  description: '',
  owner: '',
  note: '',
  variants: [
    { id: 1, name: 'control', weight: '50' },
    { id: 2, name: 'variant', weight: '50' },
  ],
  startAt: null,
  stopAt: null,
  isPlanned: true,
  plan: EMPTY_PLAN,
}

/** Formats a share as percent without the noise of binary fractions: 0.07 → "7", not "7.000000000000001". */
const toPercentText = (share: number) => String(Number((share * 100).toPrecision(12)))

/** Parses percent into a share. Returns NaN for other text, which the schema refuses. */
const parsePercent = (percent: string) =>
  percent.trim() === '' ? Number.NaN : Number((Number(percent) / 100).toPrecision(12))

export const toPlan = ({ plan }: Pick<ExperimentDraft, 'plan'>): Plan => ({
  baselineRate: parsePercent(plan.baselineRate),
  minimumDetectableEffect: parsePercent(plan.minimumDetectableEffect),
  power: parsePercent(plan.power),
  alpha: parsePercent(plan.alpha),
  minimumDays: plan.minimumDays.trim() === '' ? Number.NaN : Number(plan.minimumDays),
})

const toPlanDraft = (plan: Plan): PlanDraft => ({
  baselineRate: toPercentText(plan.baselineRate),
  minimumDetectableEffect: toPercentText(plan.minimumDetectableEffect),
  power: toPercentText(plan.power),
  alpha: toPercentText(plan.alpha),
  minimumDays: String(plan.minimumDays ?? DEFAULT_MINIMUM_DAYS),
})

export const toExperimentDraft = (experiment: Experiment): ExperimentDraft => ({
  description: experiment.description ?? '',
  owner: experiment.owner ?? '',
  note: experiment.note ?? '',
  variants: experiment.variants.map(({ name, weight }, index) => ({
    id: index + 1,
    name,
    weight: String(weight),
  })),
  startAt: experiment.startAt,
  stopAt: experiment.stopAt,
  isPlanned: experiment.plan !== null,
  plan: experiment.plan ? toPlanDraft(experiment.plan) : EMPTY_PLAN,
})

/** The draft of a copy. Its schedule is its own. */
export const toCopy = (experiment: Experiment, owner: string): ExperimentDraft => ({
  ...toExperimentDraft(experiment),
  owner,
  note: '',
  startAt: null,
  stopAt: null,
})

export const parseWeight = ({ weight }: VariantDraft): number =>
  weight.trim() === '' ? Number.NaN : Number(weight)

/** Turns a draft into settings. A note is none: only an existing experiment has one. The server validates them. */
export const toExperimentSettings = (draft: ExperimentDraft): ExperimentSettings => ({
  description: draft.description.trim() || null,
  owner: draft.owner.trim() || null,
  variants: draft.variants.map((variant) => ({
    name: variant.name.trim(),
    weight: parseWeight(variant),
  })),
  startAt: draft.startAt,
  stopAt: draft.stopAt,
  plan: draft.isPlanned ? toPlan(draft) : null,
})

/** Finds the settings that an edit changes. Trimming and rounding by the form does not count. */
export const findChanges = (
  before: Experiment,
  draft: ExperimentDraft,
): Partial<ExperimentSettings & Pick<Experiment, 'note'>> => {
  const [unchanged, next] = [
    toExperimentSettings(toExperimentDraft(before)),
    toExperimentSettings(draft),
  ]
  const names = Object.keys(next) as (keyof ExperimentSettings)[]
  const changes = Object.fromEntries(
    names
      .filter((name) => JSON.stringify(next[name]) !== JSON.stringify(unchanged[name]))
      .map((name) => [name, next[name]]),
  )
  const note = draft.note.trim() || null
  return note === (before.note?.trim() || null) ? changes : { ...changes, note }
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
