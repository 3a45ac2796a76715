import type { Explanation } from '../../schema/evaluation.ts'
import type { SnapshotSegment } from '../../schema/segment.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import {
  compileSeeded,
  compileSegment,
  explain,
  readSubjectWith,
  readUserId,
  seedFromDigest,
  userFromDigest,
} from '../../worker/evaluate/index.ts'

const sha256 = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))

/** A context of the panel, which has one field for the user id. */
export type PanelContext = { readonly userId?: string; readonly [attribute: string]: unknown }

/** Explains a flag with the code of the edge. Only SHA-256 comes from the browser. */
export const explainLocally = async (
  flag: SnapshotFlag,
  context: PanelContext,
  segments: readonly SnapshotSegment[] = [],
): Promise<Explanation> => {
  const ids = [context.userId, flag.bucketBy && context[flag.bucketBy]].map(readUserId)
  const [salt, ...digests] = await Promise.all([flag.key, ...ids.map((id) => id ?? '')].map(sha256))
  const digestOf = (id: string) => digests[ids.indexOf(id)] ?? new ArrayBuffer(32)
  const subject = readSubjectWith((id) => userFromDigest(digestOf(id)), context)
  const seed = seedFromDigest(salt ?? new ArrayBuffer(32))
  const compiled = new Map(segments.map((segment) => [segment.key, compileSegment(segment)]))
  return explain(compileSeeded(flag, seed, compiled), subject)
}
