import { pickServing } from '../../schema/serving-members.ts'
import { describeCondition } from '../../worker/evaluate/index.ts'
import type { Serve, Serving, Target } from '../../schema/serving-shape.ts'

/** A value in a sentence shows this many characters. */
const MAX_SHOWN = 80

/** Writes a value as JSON, cut to a readable length. */
export const describeValue = (value: unknown): string => {
  const text = JSON.stringify(value) ?? ''
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

const formatShare = (weight: number, total: number) =>
  `${Number(((weight * 100) / total).toFixed(2))} %`

/** Writes what is served: "blue", or "blue for 30 %, red for 70 %". */
export const describeServe = (serve: Serve): string => {
  if (typeof serve === 'string') return serve
  const total = serve.reduce((sum, { weight }) => sum + weight, 0)
  return serve
    .map(({ variant, weight }) => `${variant} for ${formatShare(weight, total)}`)
    .join(', ')
}

/** Writes a target: "Target beta: plan is one of "pro", for 50 %, serves blue". */
const describeTarget = ({ id, when, rollout = 100, serve }: Target, index: number): string => {
  const conditions = when.map(describeCondition).join(' and ') || 'everyone'
  const share = rollout === 100 ? '' : `, for ${rollout} %`
  return `Target ${index + 1}, ${id}: ${conditions}${share}, serves ${describeServe(serve)}`
}

/** Writes what a flag serves as sentences. None for an on/off flag of the defaults. */
export const describeServing = (serving: Serving): readonly string[] => {
  if (pickServing(serving) === null) return []
  const { type = 'boolean', variants = [], offVariant = 'off', serve = 'on' } = serving
  const { targets = [], bucketBy = 'userId' } = serving
  return [
    `The type is ${type}`,
    ...variants.map(({ name, value }) => `${name} is ${describeValue(value)}`),
    ...targets.map(describeTarget),
    `On serves ${describeServe(serve)}`,
    `Off serves ${offVariant}`,
    ...(bucketBy === 'userId' ? [] : [`Shares go by ${bucketBy}`]),
  ]
}
