import { Hono } from 'hono'
import { EvaluateRequest, EvaluateResponse } from '../../schema/evaluation.ts'
import { evaluate, evaluateAll, readSubject } from '../evaluate/index.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { writeValues } from '../snapshot/values.ts'

export const evaluateRoutes = new Hono<EvaluationEnv>().post(
  '/v1/flags/evaluate',
  operation('flags.evaluate', {
    tag: 'Evaluation',
    summary: 'The values of all flags, or of those that are named, for one context',
    answers: { 200: EvaluateResponse },
  }),
  withSnapshot,
  valid('json', EvaluateRequest),
  (c) => {
    const { context, keys } = c.req.valid('json')
    const { flags, all, values: template, version } = c.var.held.snapshot
    if (!keys)
      return c.body(writeValues(template, evaluateAll(all, context)), 200, {
        'Content-Type': 'application/json',
      })
    const subject = readSubject(context)
    const values: Record<string, boolean> = {}
    const unknown: string[] = []
    for (const key of new Set(keys)) {
      const flag = flags.get(key)
      if (flag) values[key] = evaluate(flag, subject).value
      else unknown.push(key)
    }
    return c.json({ flags: values, ...(unknown.length > 0 && { unknown }), version }, 200)
  },
)
