import { Hono } from 'hono'
import { ExplainRequest, ExplainResponse } from '../../schema/evaluation.ts'
import { explain, readSubject } from '../evaluate/index.ts'
import { checkAttributes } from '../middleware/check-attributes.ts'
import { SNAPSHOT_HEADERS, requireSnapshot } from '../middleware/evaluation-key.ts'
import { type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { Problem } from '../http/problem.ts'
import { operation } from '../openapi/operation.ts'

export const explainRoutes = new Hono<AdminEnv>().post(
  '/',
  operation(
    'explain',
    {
      tag: 'Administration',
      summary:
        'Explains the value of each flag for a context: every step in order, and the one that decided',
      answers: { 200: ExplainResponse },
      errors: [400, 401, 403, 404, 413, 415, 503],
    },
    SNAPSHOT_HEADERS,
  ),
  valid('json', ExplainRequest),
  async (c) => {
    const { context, key } = c.req.valid('json')
    const { flags, all, version } = (await requireSnapshot(c, { maxAgeMs: 0 })).snapshot
    checkAttributes(all, context)
    const subject = readSubject(context)
    const requested = key === undefined ? [...flags.values()] : [flags.get(key)]
    const explained = requested.flatMap((flag) => (flag ? [explain(flag, subject)] : []))
    if (key !== undefined && explained.length === 0)
      throw new Problem('FLAG_NOT_FOUND', 'no flag has this key')
    return c.json({ flags: explained, version }, 200)
  },
)
