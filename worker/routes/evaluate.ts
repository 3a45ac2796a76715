import { Hono } from 'hono'
import { EvaluateRequest, EvaluateResponse } from '../../schema/evaluation.ts'
import { evaluate, evaluateAll, readSubject } from '../evaluate/index.ts'
import type { EvaluationEnv } from '../middleware/admit.ts'
import { evaluation } from '../middleware/evaluation.ts'
import type { CompiledSnapshot } from '../snapshot/parse.ts'
import { writeValues } from '../snapshot/values.ts'

/**
 * The values of the flags that are named, and the names that are none, as JSON. Written by hand: serialising an object
 * whose members are new every time would cost as much as reading the request.
 */
const namedValues = (
  { flags, version }: CompiledSnapshot,
  keys: readonly string[],
  context: unknown,
): string => {
  const subject = readSubject(context)
  let members = ''
  const unknown: string[] = []
  for (const key of new Set(keys)) {
    const flag = flags.get(key)
    if (!flag) unknown.push(key)
    else members += `${members && ','}${JSON.stringify(key)}:${evaluate(flag, subject).value}`
  }
  const rest = unknown.length > 0 ? `,"unknown":${JSON.stringify(unknown)}` : ''
  return `{"flags":{${members}}${rest},"version":${version}}`
}

export const evaluateRoutes = new Hono<EvaluationEnv>().post(
  '/v1/flags/evaluate',
  evaluation(
    'flags.evaluate',
    {
      tag: 'Evaluation',
      summary: 'The values of all flags, or of those that are named, for one context',
      answers: { 200: EvaluateResponse },
    },
    EvaluateRequest,
    ({ context, keys }, { held: { snapshot } }) => ({
      text: keys
        ? namedValues(snapshot, keys, context)
        : writeValues(
            snapshot.values,
            evaluateAll(snapshot.all, context),
            `,"version":${snapshot.version}}`,
          ),
    }),
  ),
)
