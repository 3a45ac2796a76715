import type { SnapshotExperiment } from '../../schema/experiment.ts'
import type { SnapshotSegment } from '../../schema/segment.ts'
import type { SnapshotDocument } from '../../schema/snapshot-document.ts'
import type {
  BrokenFlag,
  CompiledExperiment,
  CompiledFlag,
  CompiledSegment,
} from '../evaluate/index.ts'
import { createEtag, createFingerprint } from './etag.ts'
import type { CompiledSnapshot } from './parse.ts'

/* The snapshot for evaluation in a server's own process. It is built from what this isolate evaluates with. */

type DocumentFlag = SnapshotDocument['flags'][number]

const LISTS = ['roles', 'cities', 'categories', 'allowList', 'denyList'] as const

const toFlag = (flag: CompiledFlag | BrokenFlag): DocumentFlag => {
  if ('broken' in flag) return flag
  const { key, enabled, rollout, serving } = flag
  const lists = LISTS.flatMap((name) => (flag[name] ? [[name, [...flag[name]]] as const] : []))
  const where = flag.where.map(({ condition }) => condition)
  const rules = { ...Object.fromEntries(lists), ...(where.length > 0 && { where }) }
  return {
    key,
    enabled,
    rollout,
    rules: Object.keys(rules).length > 0 ? rules : null,
    ...serving?.definition,
    ...(serving?.definition?.targets && {
      targets: serving.definition.targets.map(({ description: _description, ...target }) => target),
    }),
  }
}

const toSegment = ({ key, include, exclude, conditions }: CompiledSegment): SnapshotSegment => ({
  key,
  include: [...include],
  exclude: [...exclude],
  conditions: conditions.map(({ condition }) => condition),
})

const toExperiment = (experiment: CompiledExperiment): SnapshotExperiment => {
  const { key, status, variants, startAt, stopAt, isBucketed, hasInherited } = experiment
  const { testers, leftOut } = experiment
  return {
    key,
    status,
    variants,
    startAt,
    stopAt,
    isBucketed,
    hasInherited,
    ...(testers && { testers }),
    ...(leftOut && { leftOut }),
  }
}

type Content = Pick<SnapshotDocument, 'flags' | 'segments' | 'experiments'>
type Document = { readonly content: Content; readonly fingerprint: Uint8Array }

const documents = new WeakMap<CompiledSnapshot, Document>()

/** The content of a snapshot, built at the first request for its version. */
const getDocument = (snapshot: CompiledSnapshot): Document => {
  const existing = documents.get(snapshot)
  if (existing) return existing
  const content = {
    flags: Array.from(snapshot.flags.values(), toFlag),
    ...(snapshot.segments.size > 0 && {
      segments: Array.from(snapshot.segments.values(), toSegment),
    }),
    experiments: Array.from(snapshot.experiments.values(), toExperiment),
  }
  const document = { content, fingerprint: createFingerprint(content) }
  documents.set(snapshot, document)
  return document
}

/**
 * The document and its ETag. The tag is weak (RFC 9110, 8.8.1): an edit of a key moves `version` and nothing else, and
 * a server need not load its flags again.
 */
export const createSnapshotDocument = (snapshot: CompiledSnapshot, stream: string) => {
  const { content, fingerprint } = getDocument(snapshot)
  const tag = createEtag(fingerprint, new Uint8Array(), stream)
  const document: SnapshotDocument = { format: 1, version: snapshot.version, ...content, stream }
  return { document, tag }
}
