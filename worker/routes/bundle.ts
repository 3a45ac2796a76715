import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { Hono } from 'hono'
import { Bundle, BUNDLE_STALE_SECONDS, BundleRequest } from '../../schema/evaluation.ts'
import { evaluateAll, isActive, isOn, readSubject } from '../evaluate/index.ts'
import { variantsOf } from '../experiments/participate.ts'
import { withSnapshot, type EvaluationEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { operation } from '../openapi/operation.ts'
import { isNoneMatch } from './etag.ts'

/** A tag of the answer itself, never of the snapshot's version. */
const tagOf = (text: string): string => `"${bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 16))}"`

export const bundleRoutes = new Hono<EvaluationEnv>().post(
  '/v1/bundle',
  operation('bundle', {
    tag: 'Evaluation',
    summary:
      'All that a client needs to start, for one context; `If-None-Match` answers 304 when it is the same as before',
    answers: { 200: Bundle, 304: 'Not changed since the ETag that was sent' },
  }),
  withSnapshot,
  valid('json', BundleRequest),
  async (c) => {
    const { context } = c.req.valid('json')
    const { all, experiments, version } = c.var.held.snapshot
    const answers = evaluateAll(all, context)
    const now = Date.now()
    const running = Array.from(experiments.values()).filter((each) => isActive(each, now))
    const variants = await variantsOf(c.env, running, readSubject(context))
    const answer = {
      flags: Object.fromEntries(all.keys.map((key, index) => [key, isOn(answers, index)])),
      variants: Object.fromEntries(
        Array.from(variants).flatMap(([key, variant]) =>
          variant === null ? [] : [[key, variant]],
        ),
      ),
      staleTime: BUNDLE_STALE_SECONDS,
      stream: `/v1/stream?token=${c.var.key.streamToken}`,
    } satisfies Omit<Bundle, 'version'>
    // Weak: an edit that changes nothing for this user moves `version` and nothing else (RFC 9110, 8.8.1).
    const etag = tagOf(JSON.stringify(answer))
    c.header('ETag', `W/${etag}`)
    if (!isNoneMatch(c.req.header('If-None-Match'), etag)) return c.body(null, 304)
    return c.json({ ...answer, version } satisfies Bundle, 200)
  },
)
