import type { EvaluationContext } from '../../schema/context.ts'
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

/** As the panel asks for it: one name for the user. */
export type PanelContext = Omit<EvaluationContext, 'targetingKey'>

/** Explains a flag by the very code of the edge; only SHA-256 is the browser's own. */
export const explainLocally = async (
  flag: SnapshotFlag,
  context: PanelContext,
): Promise<Explanation> => {
  const [salt, user] = await Promise.all([sha256(flag.key), sha256(context.userId ?? '')])
  const subject = readSubjectWith(() => userFromDigest(user), context)
  return explain(compileSeeded(flag, seedFromDigest(salt)), subject)
}
