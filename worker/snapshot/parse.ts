import { SnapshotSegment } from '../../schema/segment.ts'
import { PublishedFlag, Snapshot } from '../../schema/snapshot.ts'
import { SnapshotExperiment } from '../../schema/experiment.ts'
import {
  compileFlags,
  compileExperiment,
  compileFlag,
  compileSegment,
  type BrokenFlag,
  type CompiledExperiment,
  type CompiledFlag,
  type CompiledFlags,
  type CompiledSegment,
  type Segments,
} from '../evaluate/index.ts'
import { compileKeys, type KeyRing } from './keys.ts'
import { compileResults, type ResultsTemplate } from './results.ts'
import { compileValues, type ValuesTemplate } from './values.ts'

/** A snapshot ready to answer from, without any I/O. */
export type CompiledSnapshot = {
  readonly version: number
  /** Epoch milliseconds. */
  readonly builtAt: number
  readonly flags: ReadonlyMap<string, CompiledFlag | BrokenFlag>
  /** The same flags, for answers about all of them, and what those answers have in common. */
  readonly all: CompiledFlags
  readonly values: ValuesTemplate
  readonly results: ResultsTemplate
  /** Those that can be read. */
  readonly segments: Segments
  readonly experiments: ReadonlyMap<string, CompiledExperiment>
  readonly keys: KeyRing
}

const MISSING_KEY = '(unreadable)'

const readKey = (item: unknown): string =>
  typeof item === 'object' && item !== null && 'key' in item && typeof item.key === 'string'
    ? item.key
    : MISSING_KEY

/** A segment that cannot be read is left out and logged: it has no users. */
const compileReadableSegment = (segment: unknown): CompiledSegment[] => {
  const parsed = SnapshotSegment.safeParse(segment)
  if (parsed.success) return [compileSegment(parsed.data)]
  console.error({ event: 'snapshot.segment_unreadable', key: readKey(segment) })
  return []
}

const compileAny = (flag: unknown, segments: Segments): CompiledFlag | BrokenFlag => {
  const parsed = PublishedFlag.safeParse(flag)
  return parsed.success ? compileFlag(parsed.data, segments) : { key: readKey(flag), broken: true }
}

/** An experiment that cannot be read is left out and logged, so it assigns no user. */
const compileReadable = (experiment: unknown): CompiledExperiment[] => {
  const parsed = SnapshotExperiment.safeParse(experiment)
  if (parsed.success) return [compileExperiment(parsed.data)]
  console.error({ event: 'snapshot.experiment_unreadable', key: readKey(experiment) })
  return []
}

/** Reads, validates and compiles a snapshot. Throws when it is not one. A broken flag breaks only itself. */
export const parseSnapshot = (text: string): CompiledSnapshot => {
  const document = Snapshot.parse(JSON.parse(text))
  const { version, builtAt, experiments, keys } = document
  const segments = new Map(
    (document.segments ?? []).flatMap(compileReadableSegment).map((each) => [each.key, each]),
  )
  const flags = new Map(
    document.flags.map((flag) => compileAny(flag, segments)).map((flag) => [flag.key, flag]),
  )
  const all = compileFlags(flags.values())
  return {
    version,
    builtAt: Date.parse(builtAt),
    flags,
    segments,
    all,
    values: compileValues(all, version),
    results: compileResults(all),
    experiments: new Map(
      experiments.flatMap(compileReadable).map((experiment) => [experiment.key, experiment]),
    ),
    keys: compileKeys(keys),
  }
}
