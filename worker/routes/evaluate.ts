import { Hono } from 'hono'
import { EvaluateRequest, EvaluateResponse } from '../../schema/evaluation.ts'
import { evaluate, readSubject } from '../evaluate/index.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'

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
    const { flags, version } = c.var.held.snapshot
    const subject = readSubject(context)
    const values: Record<string, boolean> = {}
    const unknown: string[] = []
    for (const key of keys ? new Set(keys) : flags.keys()) {
      const flag = flags.get(key)
      if (flag) values[key] = evaluate(flag, subject).value
      else unknown.push(key)
    }
    return c.json({ flags: values, ...(unknown.length > 0 && { unknown }), version }, 200)
  },
)
