import { Hono } from 'hono'
import * as z from 'zod'
import type { Env } from '../env.ts'
import {
  SNAPSHOT_HEADERS,
  loadWithKey,
  readCredential,
  unauthorized,
  type EvaluationEnv,
} from '../middleware/evaluation-key.ts'
import { type AdminEnv } from '../middleware/authenticate.ts'
import { valid } from '../middleware/body.ts'
import { reportKeyUsage } from '../middleware/key-usage.ts'
import { refuseOtherOrigins } from '../middleware/origins.ts'
import { getPublisher } from '../objects/stubs.ts'
import { unavailable } from '../http/problem.ts'
import { findKey } from '../snapshot/keys.ts'
import { operation, SECRETS } from '../openapi/operation.ts'

const SSE_HEADERS = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' }

/** Retry-After when the stream limit is reached. */
const FULL_SECONDS = 30

/** The Publisher's stream. A HEAD request gets none, because it would never close it. */
const openStream = async (env: Env, request: Request) => {
  if (request.method === 'HEAD') return null
  const stream = await getPublisher(env).fetch(request)
  if (!stream.ok)
    throw unavailable('too many streams are open; poll, and try again later', FULL_SECONDS)
  return stream.body
}

const EVENTS = {
  mediaType: 'text/event-stream',
  description: 'Endless: an event for each published version',
}

const StreamQuery = z.object({
  token: z.string().optional().describe('From `eventStreams`, where headers cannot be set.'),
})

export const streamRoutes = new Hono<EvaluationEnv>().get(
  '/v1/stream',
  operation(
    'stream',
    {
      tag: 'Evaluation',
      summary:
        'Server-sent events in the shape of OFREP: version N is published, read it with `minVersion=N`',
      answers: { 200: EVENTS },
      errors: [400, 401, 403, 503],
      admits: [...SECRETS, 'streamToken'],
    },
    SNAPSHOT_HEADERS,
  ),
  valid('query', StreamQuery),
  async (c) => {
    const { token } = c.req.valid('query')
    const credential = readCredential(c)
    const found = await loadWithKey(c, (keys) => {
      if (token !== undefined) return keys.byStreamToken.get(token)
      return credential ? findKey(keys, credential) : undefined
    })
    if (!found)
      throw unauthorized(
        'open the stream with the address in `eventStreams`, or with an evaluation key',
      )
    refuseOtherOrigins(c, found.key)
    reportKeyUsage(c, found.key)
    return c.newResponse(await openStream(c.env, c.req.raw), 200, SSE_HEADERS)
  },
)

/** The same stream for the admin UI: its session cookie opens it, and its pages then reload. */
export const adminStreamRoutes = new Hono<AdminEnv>().get(
  '/',
  operation('adminStream', {
    tag: 'Administration',
    summary: 'The stream of `/v1/stream` for the admin UI',
    answers: { 200: EVENTS },
    errors: [401, 403, 503],
  }),
  async (c) => c.newResponse(await openStream(c.env, c.req.raw), 200, SSE_HEADERS),
)
