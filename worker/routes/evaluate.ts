import { Hono } from 'hono'
import { EvaluateRequest, EvaluateResponse } from '../../schema/evaluation.ts'
import { evaluate, evaluateAll, readSubject } from '../evaluate/index.ts'
import type { EvaluationEnv } from '../middleware/evaluation-key.ts'
import { evaluationHandler } from './evaluation-handler.ts'
import type { CompiledSnapshot } from '../snapshot/parse.ts'
import { writeValues } from '../snapshot/values.ts'

/** The values of the named flags, and the unknown names. */
const evaluateKeys = (
  { flags, version }: CompiledSnapshot,
  keys: readonly string[],
  context: unknown,
): EvaluateResponse => {
  const subject = readSubject(context)
  const values: Record<string, unknown> = {}
  const unknown: string[] = []
  for (const key of new Set(keys)) {
    const flag = flags.get(key)
    if (flag) values[key] = evaluate(flag, subject).value
    else unknown.push(key)
  }
  return { flags: values, ...(unknown.length > 0 && { unknown }), version }
}

export const evaluateRoutes = new Hono<EvaluationEnv>().post(
  '/v1/flags/evaluate',
  evaluationHandler(
    'flags.evaluate',
    {
      tag: 'Evaluation',
      summary: 'Evaluates all flags, or the named ones, for one context',
      answers: { 200: EvaluateResponse },
    },
    EvaluateRequest,
    ({ context, keys }, { loaded: { snapshot } }) => ({
      text: keys
        ? JSON.stringify(evaluateKeys(snapshot, keys, context))
        : writeValues(snapshot.values, evaluateAll(snapshot.all, context)),
    }),
  ),
)
