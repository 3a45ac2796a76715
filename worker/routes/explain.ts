import { Hono } from 'hono'
import type { EvaluationContext } from '../../schema/context.ts'
import {
  Callers,
  ExplainRequest,
  ExplainResponse,
  type TrustTrace,
} from '../../schema/evaluation.ts'
import { keepTrusted, listIgnored } from '../../schema/trust.ts'
import { explain, readSubject } from '../evaluate/index.ts'
import { checkAttributes } from '../middleware/check-attributes.ts'
import { SNAPSHOT_HEADERS, requireSnapshot } from '../middleware/evaluation-key.ts'
import { type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { Problem } from '../http/problem.ts'
import { operation } from '../openapi/operation.ts'
import type { KeyRing } from '../snapshot/keys.ts'
import { openDatabase } from '../store/database.ts'
import { listCallers } from '../store/callers.ts'

/** Applies what an evaluation key trusts, as its requests meet it. */
const applyTrust = (keys: KeyRing, keyId: string, context: EvaluationContext) => {
  const key = Array.from(keys.byHash.values()).find(({ id }) => id === keyId)
  if (!key) throw new Problem('NOT_FOUND', 'no evaluation key has this id, or it is revoked')
  const isSigned = Boolean(key.client?.userToken)
  const settings = isSigned ? { isSigned } : key.client
  return {
    context: keepTrusted(settings, context),
    trust: { keyId, ignored: listIgnored(settings, context), isSigned } satisfies TrustTrace,
  }
}

export const explainRoutes = new Hono<AdminEnv>()
  .get(
    '/callers',
    operation('explain.callers', {
      tag: 'Administration',
      summary: 'The evaluation keys for which `POST /api/explain` can explain a value',
      answers: { 200: Callers },
      errors: [400, 401, 403, 503],
    }),
    async (c) => c.json({ items: await listCallers(openDatabase(c.env.DB)) }, 200),
  )
  .post(
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
      const { context: sent, key, keyId } = c.req.valid('json')
      const { flags, all, keys, version } = (await requireSnapshot(c, { maxAgeMs: 0 })).snapshot
      const { context, trust } =
        keyId === undefined ? { context: sent, trust: undefined } : applyTrust(keys, keyId, sent)
      checkAttributes(all, context)
      const subject = readSubject(context)
      const requested = key === undefined ? [...flags.values()] : [flags.get(key)]
      const explained = requested.flatMap((flag) => (flag ? [explain(flag, subject)] : []))
      if (key !== undefined && explained.length === 0)
        throw new Problem('FLAG_NOT_FOUND', 'no flag has this key')
      return c.json({ flags: explained, ...(trust && { trust }), version }, 200)
    },
  )
