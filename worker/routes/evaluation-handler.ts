import type { Context } from 'hono'
import type * as z from 'zod'
import type { Env } from '../env.ts'
import { withDocs } from '../openapi/route-docs.ts'
import { createOperation, type Description } from '../openapi/operation.ts'
import type { ErrorBody } from '../../schema/problem.ts'
import type { LoadedSnapshot } from '../snapshot/reader.ts'
import { isPlainRequest, type EvaluateRequest } from '../../schema/evaluation.ts'
import {
  authenticateKey,
  KEY_AUTH_DOCS,
  type Authenticated,
  type EvaluationEnv,
} from '../middleware/evaluation-key.ts'
import { checkAttributes } from '../middleware/check-attributes.ts'
import { getTrustedContext } from '../middleware/trusted-context.ts'
import { requireJson } from '../middleware/body.ts'
import { applyCors, corsHeaders, allowedOrigin } from '../middleware/cors.ts'
import { respondWithError } from '../middleware/errors.ts'
import { ageSeconds, setResponseHeaders, SECURITY_HEADERS } from '../middleware/headers.ts'
import { readJson } from '../middleware/read-json.ts'
import { readRequestId } from '../middleware/request-id.ts'

/*
 * Fast path for evaluation endpoints: one handler does everything for a request, in this order. A chain of middleware
 * would await each step and set headers on an existing response, which takes longer than the evaluation.
 */

/** The context, the keys of the flags to evaluate, if not all, and whether a client reads all types. */
type Input = z.output<typeof EvaluateRequest> & { readonly values?: unknown }

/** A JSON text, or null for "not modified" (304). */
type Answer = { readonly text: string | Uint8Array<ArrayBuffer> | null; readonly etag?: string }

/** Responses without a body, which have the status and headers that many answers share. */
type Templates = { readonly ok: Response; readonly notModified: Response }

const createTemplates = (
  env: Env,
  version: number,
  age: number,
  origin: string | null,
): Templates => {
  const headers = {
    'X-Snapshot-Version': String(version),
    'X-Snapshot-Age': String(age),
    ...SECURITY_HEADERS,
    ...corsHeaders(origin, env),
  }
  return {
    ok: new Response(null, { headers: { 'Content-Type': 'application/json', ...headers } }),
    notModified: new Response(null, { status: 304, headers }),
  }
}

const MAX_CACHED_ORIGINS = 100

/** The templates of one isolate, version and second of age, by allowed origin. */
let cached = { env: {}, version: -1, age: -1, byOrigin: new Map<string | null, Templates>() }

/** A response created from another copies its headers outside of JavaScript: a third of the cost of setting them. */
const getTemplates = (env: Env, loaded: LoadedSnapshot, origin: string | null): Templates => {
  const { version } = loaded.snapshot
  const age = ageSeconds(loaded)
  if (cached.env !== env || cached.version !== version || cached.age !== age)
    cached = { env, version, age, byOrigin: new Map() }
  const existing = cached.byOrigin.get(origin)
  if (existing) return existing
  const templates = createTemplates(env, version, age, origin)
  // With a wildcard, callers choose origins: only so many are kept.
  if (cached.byOrigin.size < MAX_CACHED_ORIGINS) cached.byOrigin.set(origin, templates)
  return templates
}

const toResponse = (c: Context, loaded: LoadedSnapshot, { text, etag }: Answer): Response => {
  const { ok, notModified } = getTemplates(c.env, loaded, allowedOrigin(c))
  const response = new Response(text, text === null ? notModified : ok)
  if (etag !== undefined) response.headers.set('ETag', etag)
  const requestId = readRequestId(c)
  if (requestId !== undefined) response.headers.set('X-Request-Id', requestId)
  return response
}

const toErrorResponse = (c: Context, error: unknown, members: Partial<ErrorBody>): Response => {
  const response = respondWithError(error, c, members)
  setResponseHeaders(c, response)
  applyCors(c, response)
  return response
}

/**
 * Creates the handler of an evaluation endpoint: authenticate, read the body, evaluate, respond.
 *
 * @param evaluate answers a trusted input from the snapshot; it may throw a `Problem`
 * @param errorMembers further members of an error body, such as the flag's key
 */
export const evaluationHandler = (
  id: string,
  description: Description,
  schema: z.ZodType<Input>,
  evaluate: (
    input: Input,
    authenticated: Authenticated,
    c: Context<EvaluationEnv>,
  ) => Answer | Promise<Answer>,
  errorMembers: (c: Context) => Partial<ErrorBody> = () => ({}),
) =>
  withDocs(
    async function answerEvaluation(c: Context<EvaluationEnv>): Promise<Response> {
      try {
        requireJson(c)
        const authenticated = await authenticateKey(c)
        const { loaded, key } = authenticated
        const sent = await readJson(c, schema, isPlainRequest)
        const input = key.client
          ? { ...sent, context: await getTrustedContext(c, key, sent.context) }
          : sent
        checkAttributes(loaded.snapshot.all, input.context)
        return toResponse(c, loaded, await evaluate(input, authenticated, c))
      } catch (error) {
        return toErrorResponse(c, error, errorMembers(c))
      }
    },
    {
      ...KEY_AUTH_DOCS,
      operation: createOperation(id, description),
      input: { target: 'json', schema },
    },
  )
