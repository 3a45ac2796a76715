import type { Rules } from '../../schema/flag.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { computeSeed } from './bucket.ts'
import { compileCondition, type CompiledCondition } from './condition.ts'
import { NO_SEGMENTS, type Segments } from './segment.ts'
import { compileServing, type CompiledServing } from './serving.ts'

/** A flag prepared for evaluation: lists are sets, an empty list is undefined, the salt is hashed. */
export type CompiledFlag = {
  readonly key: string
  readonly enabled: boolean
  readonly rollout: number
  readonly seed: number
  readonly hasRules: boolean
  readonly denyList: ReadonlySet<string> | undefined
  readonly allowList: ReadonlySet<string> | undefined
  readonly roles: ReadonlySet<string> | undefined
  readonly cities: ReadonlySet<string> | undefined
  readonly categories: ReadonlySet<string> | undefined
  readonly where: readonly CompiledCondition[]
  /** Undefined for an on/off flag of the defaults. */
  readonly serving: CompiledServing | undefined
}

/** A flag that cannot be read. It is off with an error; the other flags still work. */
export type BrokenFlag = { readonly key: string; readonly broken: true }

const toSet = (names: readonly string[] | undefined) =>
  names && names.length > 0 ? new Set(names) : undefined

/** Compiles a flag whose salt is hashed already. */
export const compileSeeded = (
  flag: SnapshotFlag,
  seed: number,
  segments: Segments = NO_SEGMENTS,
): CompiledFlag => {
  const rules: Rules = flag.rules ?? {}
  const lists = {
    denyList: toSet(rules.denyList),
    allowList: toSet(rules.allowList),
    roles: toSet(rules.roles),
    cities: toSet(rules.cities),
    categories: toSet(rules.categories),
  }
  const where = (rules.where ?? []).map((condition) => compileCondition(condition, segments))
  return {
    key: flag.key,
    enabled: flag.enabled,
    rollout: flag.rollout,
    seed,
    hasRules:
      where.length > 0 ||
      (flag.targets ?? []).length > 0 ||
      Object.values(lists).some((list) => list !== undefined),
    ...lists,
    where,
    serving: compileServing(flag, segments),
  }
}

/** Compiles one flag, once a snapshot version. Costs one SHA-256, of the flag's key. */
export const compileFlag = (flag: SnapshotFlag, segments: Segments = NO_SEGMENTS): CompiledFlag =>
  compileSeeded(flag, computeSeed(flag.key), segments)
