import type { FlagType } from '../../schema/flag-value.ts'
import type { FlagVariant, Serve, Serving } from '../../schema/serving-shape.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { computeSeed, findVariantIndex } from './bucket.ts'
import { computeSubjectBucket, type Subject } from './subject.ts'

/** What is served: a variant, or one of several by the bucket. */
export type CompiledServe =
  | { readonly variant: FlagVariant }
  | { readonly variants: readonly FlagVariant[]; readonly weights: readonly number[] }

export type CompiledServing = {
  /** The members of the flag, as they were given. */
  readonly definition: Serving
  readonly type: FlagType
  readonly variants: readonly FlagVariant[]
  readonly off: FlagVariant
  readonly on: CompiledServe
  /** The salt is not the one of the rollout: whoever is inside of it is spread over all variants. */
  readonly splitSeed: number
}

const OFF: FlagVariant = { name: 'off', value: false }
const ON: FlagVariant = { name: 'on', value: true }

/** What a flag serves that says nothing about it. */
export const ON_OFF: CompiledServing = {
  definition: {},
  type: 'boolean',
  variants: [OFF, ON],
  off: OFF,
  on: { variant: ON },
  splitSeed: 0,
}

/** @throws when there is no such variant: that breaks this flag, and no other one */
const findVariant = (variants: readonly FlagVariant[], name: string): FlagVariant => {
  const found = variants.find((variant) => variant.name === name)
  if (!found) throw new Error(`there is no variant ${name}`)
  return found
}

const compileServe = (serve: Serve, variants: readonly FlagVariant[]): CompiledServe => {
  if (typeof serve === 'string') return { variant: findVariant(variants, serve) }
  return {
    variants: serve.map(({ variant }) => findVariant(variants, variant)),
    weights: serve.map(({ weight }) => weight),
  }
}

/** Undefined for a flag that says nothing about what it serves: then it is `ON_OFF`. */
export const compileServing = (flag: SnapshotFlag): CompiledServing | undefined => {
  const { key, enabled: _enabled, rollout: _rollout, rules: _rules, ...definition } = flag
  const {
    type = 'boolean',
    variants = ON_OFF.variants,
    offVariant = 'off',
    serve = 'on',
  } = definition
  if (type === 'boolean' && serve === 'on') return undefined
  return {
    definition,
    type,
    variants,
    off: findVariant(variants, offVariant),
    on: compileServe(serve, variants),
    splitSeed: computeSeed(`${key}:split`),
  }
}

/** The variant of a subject; undefined when a bucket decides and the subject has none. */
export const pickVariant = (
  serve: CompiledServe,
  splitSeed: number,
  subject: Subject,
): FlagVariant | undefined => {
  if ('variant' in serve) return serve.variant
  const bucket = computeSubjectBucket(subject, splitSeed)
  return bucket === undefined ? undefined : serve.variants[findVariantIndex(bucket, serve.weights)]
}
