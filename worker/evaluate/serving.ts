import type { FlagType } from '../../schema/flag-value.ts'
import type { FlagVariant, Serve, Serving, Target } from '../../schema/serving-shape.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { createAttributeReader, type AttributeReader, type AttributeValue } from './attribute.ts'
import { computeBucket, computeSeed, findVariantIndex, isWithinRollout } from './bucket.ts'
import { compileCondition, evaluateCondition, type CompiledCondition } from './condition.ts'
import { NO_SEGMENTS, type Segments } from './segment.ts'
import { computeSubjectBucket, readUserId, type Subject } from './subject.ts'

/** What is served: a variant, or one of several by the bucket. */
export type CompiledServe =
  | { readonly variant: FlagVariant }
  | { readonly variants: readonly FlagVariant[]; readonly weights: readonly number[] }

export type CompiledTarget = {
  readonly id: string
  readonly when: readonly CompiledCondition[]
  readonly rollout: number
  readonly seed: number
  readonly serve: CompiledServe
}

export type CompiledServing = {
  /** The members of the flag, as they were given. */
  readonly definition: Serving
  readonly type: FlagType
  readonly variants: readonly FlagVariant[]
  readonly off: FlagVariant
  readonly on: CompiledServe
  /** The salt is not the one of the rollout: whoever is inside of it is spread over all variants. */
  readonly splitSeed: number
  readonly targets: readonly CompiledTarget[]
  /** Undefined for the user id. */
  readonly bucketBy: AttributeReader | undefined
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
  targets: [],
  bucketBy: undefined,
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

const compileTarget = (
  key: string,
  { id, when, rollout = 100, serve }: Target,
  variants: readonly FlagVariant[],
  segments: Segments,
): CompiledTarget => ({
  id,
  when: when.map((condition) => compileCondition(condition, segments)),
  rollout,
  seed: computeSeed(`${key}:${id}`),
  serve: compileServe(serve, variants),
})

/** Undefined for a flag that says nothing about what it serves: then it is `ON_OFF`. */
export const compileServing = (
  flag: SnapshotFlag,
  segments: Segments = NO_SEGMENTS,
): CompiledServing | undefined => {
  const { key, enabled: _enabled, rollout: _rollout, rules: _rules, ...definition } = flag
  const {
    type = 'boolean',
    variants = ON_OFF.variants,
    offVariant = 'off',
    serve = 'on',
  } = definition
  const { targets = [], bucketBy } = definition
  if (type === 'boolean' && serve === 'on' && targets.length === 0 && bucketBy === undefined)
    return undefined
  return {
    definition,
    type,
    variants,
    off: findVariant(variants, offVariant),
    on: compileServe(serve, variants),
    splitSeed: computeSeed(`${key}:split`),
    targets: targets.map((target) => compileTarget(key, target, variants, segments)),
    bucketBy: bucketBy === undefined ? undefined : createAttributeReader(bucketBy),
  }
}

const readBucketKey = (value: AttributeValue | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? readUserId(value) : undefined

/** The bucket of a subject for a seed, by the attribute of the flag; undefined when it is missing. */
export const computeServingBucket = (
  serving: CompiledServing | undefined,
  subject: Subject,
  seed: number,
): number | undefined => {
  if (!serving?.bucketBy) return computeSubjectBucket(subject, seed)
  const key = readBucketKey(serving.bucketBy(subject))
  return key === undefined ? undefined : computeBucket(subject.hash(key), seed)
}

/** The variant of a subject; undefined when a bucket decides and the subject has none. */
export const pickVariant = (
  serve: CompiledServe,
  serving: CompiledServing,
  subject: Subject,
): FlagVariant | undefined => {
  if ('variant' in serve) return serve.variant
  const bucket = computeServingBucket(serving, subject, serving.splitSeed)
  return bucket === undefined ? undefined : serve.variants[findVariantIndex(bucket, serve.weights)]
}

/** Whether a bucket decides about a rollout, and it is not the same for everyone. */
const isShare = (rollout: number) => rollout > 0 && rollout < 100

/** Whether a subject is in the rollout of a target. Without a bucket it is not. */
const isInTarget = (
  { rollout, seed }: CompiledTarget,
  serving: CompiledServing,
  subject: Subject,
): boolean => {
  if (!isShare(rollout)) return rollout >= 100
  const bucket = computeServingBucket(serving, subject, seed)
  return bucket !== undefined && isWithinRollout(bucket, rollout)
}

export const matchesTarget = (
  target: CompiledTarget,
  serving: CompiledServing,
  subject: Subject,
): boolean =>
  target.when.every((condition) => evaluateCondition(condition, subject)) &&
  isInTarget(target, serving, subject)

/** The first target that a subject matches. */
export const findTarget = (
  serving: CompiledServing,
  subject: Subject,
): CompiledTarget | undefined =>
  serving.targets.find((target) => matchesTarget(target, serving, subject))

/** A bucket decided that a subject gets the target. */
export const isTargetShare = ({ rollout }: CompiledTarget): boolean => isShare(rollout)
