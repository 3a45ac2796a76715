import { Hono } from 'hono'
import { Bundle, BUNDLE_STALE_SECONDS, BundleRequest } from '../../schema/evaluation.ts'
import type { Env } from '../env.ts'
import { evaluateAll, isShown, onSet, readSubject } from '../evaluate/index.ts'
import { readVariants } from '../participation/variants.ts'
import type { EvaluationEnv } from '../middleware/evaluation-key.ts'
import { listUsefulAttributes } from '../middleware/trusted-context.ts'
import { evaluationHandler } from './evaluation-handler.ts'
import type { CompiledSnapshot } from '../snapshot/parse.ts'
import { createEtag } from '../snapshot/etag.ts'
import { listTypedVariants, writeValues } from '../snapshot/values.ts'
import { isModified } from '../http/etag.ts'

/** The user's variants in the running experiments, and those of a tester in others. */
const runningVariants = async (
  env: Env,
  experiments: CompiledSnapshot['experiments'],
  context: unknown,
): Promise<Pick<Bundle, 'variants' | 'reasons'>> => {
  const now = Date.now()
  const subject = readSubject(context)
  const shown = Array.from(experiments.values()).filter((each) => isShown(each, subject, now))
  const { variants, reasons } = await readVariants(env, shown, subject)
  return {
    variants: Object.fromEntries(
      Array.from(variants).flatMap(([key, variant]) => (variant === null ? [] : [[key, variant]])),
    ),
    ...(reasons.size > 0 && { reasons: Object.fromEntries(reasons) }),
  }
}

export const bundleRoutes = new Hono<EvaluationEnv>().post(
  '/v1/bundle',
  evaluationHandler(
    'bundle',
    {
      tag: 'Evaluation',
      summary:
        'Evaluates everything that a client needs for one context; answers 304 to `If-None-Match` when it is unchanged',
      answers: { 200: Bundle, 304: 'Not changed since the ETag that was sent' },
      reads: ['If-Changed'],
      headers: ['ETag'],
    },
    BundleRequest,
    async ({ context, values: wanted }, { loaded, key }, c) => {
      const hasTyped = wanted === true
      const { all, values, experiments } = loaded.snapshot
      const answers = evaluateAll(all, context)
      const attributes = listUsefulAttributes(key, all.attributes)
      const rest = JSON.stringify({
        ...(await runningVariants(c.env, experiments, context)),
        staleTime: BUNDLE_STALE_SECONDS,
        stream: `/v1/stream?token=${key.streamToken}`,
        ...(attributes.length > 0 && { attributes }),
      } satisfies Omit<Bundle, 'flags' | 'version'>)
      // Weak: an edit that changes nothing for this user moves `version` and nothing else (RFC 9110, 8.8.1).
      const typed = hasTyped ? listTypedVariants(values, answers) : ''
      const tag = createEtag(values.fingerprint, onSet(answers), rest + typed)
      const etag = `W/${tag}`
      if (!isModified(c.req.header('If-None-Match'), tag)) return { text: null, etag }
      return { text: writeValues(values, answers, { more: rest, hasTyped }), etag }
    },
  ),
)
