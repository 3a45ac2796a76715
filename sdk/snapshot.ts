import {
  bucketVariant,
  checkAttribute,
  compileExperiment,
  compileFlag,
  compileFlags,
  evaluateAll,
  findListedVariant,
  contextChecks,
  hashUser,
  isActive,
  isContext,
  isDecidedByBucket,
  isFlagOn,
  isOn,
  isRecord,
  readFlagValue,
  valueAt,
  MAX_ATTRIBUTE_LENGTH,
  readSubjectWith,
  type BrokenFlag,
  type CompiledExperiment,
  type CompiledFlag,
  type HashedUser,
  type Segments,
  type SnapshotDocument,
  type UnknownRecord,
} from '../worker/evaluate/index.ts'
import { getOwn, haveType, type Bundle } from './bundle.ts'
import type { Loadable } from './entry.ts'
import { attempt } from './internal.ts'
import { isUnderstood, parseDocument, readSegments } from './understood.ts'

/** A compiled snapshot. It answers what the service would answer at this version. */
export type LocalSnapshot = Loadable & {
  readonly document: SnapshotDocument
  /** Undefined for an unknown flag, one of another type, and for a context that the service refuses. */
  readonly readFlag: (context: unknown, key: string) => boolean | undefined
  readonly readFlags: (context: unknown) => Record<string, boolean> | undefined
  /** The value of a flag of any type. */
  readonly readValue: (context: unknown, key: string) => unknown
  /** The values of the flags that are not boolean; undefined when there are none. */
  readonly readTypedValues: (context: unknown) => Record<string, unknown> | undefined
  /** Null when it is not running or there is no user id; undefined when only the service knows the variant. */
  readonly readVariant: (context: unknown, experimentKey: string) => string | null | undefined
  /** The variants of running experiments, and the keys of those whose variants only the service knows. */
  readonly readVariants: (context: unknown) => Pick<Bundle, 'variants'> & {
    readonly unknown: readonly string[]
  }
}

export type SnapshotSettings = {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly hash: (userId: string) => HashedUser
  /** Called with the reason when the service would refuse a context. */
  readonly onRefusal: (reason: string) => void
  /** Called when flags have rules of a newer service. They are left out, so that reads return their defaults. */
  readonly onUnknownRules: () => void
}

/** How long the edge lets an answer be used, in seconds. */
const STALE_SECONDS = 30

/**
 * Remembers the hashes of the users that were read last, since SHA-256 costs more than the rest of a read. Two
 * generations cost less than a list in order of use: the older one is dropped when the younger one is full.
 */
export const createHashCache = (max: number): ((userId: string) => HashedUser) => {
  let young = new Map<string, HashedUser>()
  let old = new Map<string, HashedUser>()
  return (userId) => {
    const known = young.get(userId)
    if (known) return known
    const hashed = old.get(userId) ?? hashUser(userId)
    if (young.size >= max) {
      old = young
      young = new Map()
    }
    young.set(userId, hashed)
    return hashed
  }
}

const isShort = (value: unknown): boolean =>
  value === undefined || (typeof value === 'string' && value.length <= MAX_ATTRIBUTE_LENGTH)

/** Accepts most contexts in a tenth of the time that the check of each attribute by its name takes. */
const isPlain = ({ userId, targetingKey, role, city, category, categories }: UnknownRecord) =>
  isShort(userId) &&
  isShort(targetingKey) &&
  isShort(role) &&
  isShort(city) &&
  isShort(category) &&
  isShort(categories)

/** A flag that cannot be read is off, as at the edge, and does not affect the others. */
const compileAny = (
  flag: SnapshotDocument['flags'][number],
  segments: Segments,
): CompiledFlag | BrokenFlag => {
  const broken = { key: flag.key, broken: true as const }
  if ('broken' in flag || !haveType('number', [flag.rollout])) return broken
  return attempt(() => compileFlag(flag, segments)) ?? broken
}

const hasOtherType = (flag: CompiledFlag | BrokenFlag): boolean =>
  !('broken' in flag) && flag.serving !== undefined && flag.serving.type !== 'boolean'

/**
 * Compiles a snapshot, once a version.
 *
 * @throws when it is no snapshot, or one of a newer service
 */
export const compileSnapshot = (
  value: unknown,
  { now, hash, onRefusal, onUnknownRules }: SnapshotSettings,
): LocalSnapshot => {
  const document = parseDocument(value)
  const segments = readSegments(document)
  const understood = document.flags.filter((flag) => isUnderstood(flag, segments.newer))
  if (understood.length < document.flags.length) onUnknownRules()
  const flags = new Map(understood.map((flag) => [flag.key, compileAny(flag, segments.understood)]))
  const all = compileFlags(flags.values())
  // An experiment that cannot be read assigns no user, as at the edge.
  const readable = document.experiments.flatMap(
    (each) => attempt(() => compileExperiment(each)) ?? [],
  )
  const experiments = new Map(readable.map((each) => [each.key, each]))

  const positions = Array.from(flags.values(), (flag, position) => ({ flag, position }))
  const typed = positions.filter(({ flag }) => hasOtherType(flag))
  const booleans = positions.filter(({ flag }) => !hasOtherType(flag))

  const attributes = all.attributes

  /** Why the service refuses a context: an attribute that it reads is too long. */
  const findRefusal = (context: UnknownRecord): string | undefined => {
    for (const { name, check } of contextChecks) {
      const problem = check(context[name])
      if (problem !== undefined) return `${name}: ${problem}`
    }
    for (const name of attributes) {
      const problem =
        getOwn(context, name) === undefined ? undefined : checkAttribute(context[name])
      if (problem !== undefined) return `${name}: ${problem}`
    }
    return undefined
  }

  const isAccepted = (context: unknown): context is UnknownRecord => {
    try {
      if (!isRecord(context)) return false
      // No check reads this member, but the evaluator does: a getter that throws must throw here.
      void context['anonymous']
      return attributes.length === 0
        ? isPlain(context) || isContext(context)
        : findRefusal(context) === undefined
    } catch {
      return false
    }
  }

  /** Reads any value as a context; undefined when the service refuses it. A getter that throws counts as missing. */
  const toContext = (given: unknown): UnknownRecord | undefined => {
    if (isAccepted(given)) return given
    const names = attempt(() => Object.keys(Object(given) as object)) ?? []
    const context: UnknownRecord = Object.fromEntries(
      (Array.isArray(given) ? [] : names).map((name) => [
        name,
        attempt(() => (given as UnknownRecord)[name]),
      ]),
    )
    const reason = findRefusal(context)
    if (reason === undefined) return context
    onRefusal(reason)
    return undefined
  }

  const findVariant = (experiment: CompiledExperiment, context: UnknownRecord) => {
    const subject = readSubjectWith(hash, context)
    if (subject.userId === undefined) return null
    const listed = findListedVariant(experiment, subject, now())
    if (listed) return listed.variant
    if (!isActive(experiment, now())) return null
    return isDecidedByBucket(experiment, subject) ? bucketVariant(experiment, subject) : undefined
  }

  return {
    document,
    version: document.version,
    stream: document.stream,
    staleTime: STALE_SECONDS,
    readFlag: (context, key) => {
      const flag = flags.get(key)
      if (!flag || hasOtherType(flag)) return undefined
      const plain = toContext(context)
      return plain && isFlagOn(flag, plain, hash)
    },
    readValue: (context, key) => {
      const flag = flags.get(key)
      const plain = flag && toContext(context)
      return plain && readFlagValue(flag, plain, hash)
    },
    readTypedValues: (context) => {
      const plain = typed.length > 0 ? toContext(context) : undefined
      if (!plain) return undefined
      const answers = evaluateAll(all, plain)
      return Object.fromEntries(
        typed.map(({ flag, position }) => [flag.key, valueAt(answers, position)]),
      )
    },
    readFlags: (context) => {
      const plain = toContext(context)
      if (!plain) return undefined
      const answers = evaluateAll(all, plain)
      return Object.fromEntries(
        booleans.map(({ flag, position }) => [flag.key, isOn(answers, position)]),
      )
    },
    readVariant: (context, experimentKey) => {
      const experiment = experiments.get(experimentKey)
      const plain = experiment && toContext(context)
      return plain ? findVariant(experiment, plain) : null
    },
    readVariants: (context) => {
      const plain = toContext(context)
      const variants: Record<string, string> = {}
      const unknown: string[] = []
      for (const [key, experiment] of plain ? experiments : []) {
        const variant = findVariant(experiment, plain as UnknownRecord)
        if (variant === undefined) unknown.push(key)
        else if (variant !== null) variants[key] = variant
      }
      return { variants, unknown }
    },
  }
}
