import type { Explanation } from '../../schema/evaluation.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import {
  compileSeeded,
  explain,
  readSubjectWith,
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
): Promise<Explanation> => {
  const [salt, user] = await Promise.all([sha256(flag.key), sha256(context.userId ?? '')])
  const subject = readSubjectWith(() => userFromDigest(user), context)
  return explain(compileSeeded(flag, seedFromDigest(salt)), subject)
}
