import { checkAttribute, type EvaluationContext } from '../../schema/context.ts'
import type { CompiledFlags } from '../evaluate/index.ts'
import { Problem } from '../http/problem.ts'

/**
 * Refuses an attribute that is too long and that a flag uses: to leave it out would change the flag in silence. Others are
 * ignored, because a client may send the same context to several providers.
 */
export const checkAttributes = (
  { attributes }: CompiledFlags,
  context: EvaluationContext,
): void => {
  for (const name of attributes) {
    const message = Object.hasOwn(context, name) ? checkAttribute(context[name]) : undefined
    if (message === undefined) continue
    const issues = [{ path: `context.${name}`, message }]
    throw new Problem('INVALID_CONTEXT', `context.${name}: ${message}`, { issues })
  }
}
