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
  type Admission,
  type EvaluationEnv,
} from '../middleware/evaluation-key.ts'
import { getTrustedContext } from '../middleware/trusted-context.ts'
import { requireJson } from '../middleware/body.ts'
import { applyCors, corsHeaders, allowedOrigin } from '../middleware/cors.ts'
import { respondWithError } from '../middleware/errors.ts'
import { ageSeconds, setResponseHeaders, SECURITY_HEADERS } from '../middleware/headers.ts'
import { readJson } from '../middleware/read-json.ts'
import { readRequestId } from '../middleware/request-id.ts'

/*
 * The road of a request that is answered from memory. Whatever each of a million requests must pass stands here, in
 * one handler and in order, and nothing else does: middleware would each wait for the next, and set headers on a
 * response that exists already, which costs more than the evaluation.
 */

/** What is asked: a context, and of which flags, if not of all. */
type Asked = z.output<typeof EvaluateRequest>

/** JSON, or, without a text, "not changed" (304). */
type Answer = { readonly text: string | Uint8Array<ArrayBuffer> | null; readonly etag?: string }

/** What answers have in common, with a text and without: their status and their headers. */
type Blanks = { readonly full: Response; readonly notModified: Response }

const blanksOf = (env: Env, version: number, age: number, reader: string | null): Blanks => {
  const headers = {
    'X-Snapshot-Version': String(version),
    'X-Snapshot-Age': String(age),
    ...SECURITY_HEADERS,
    ...corsHeaders(reader, env),
  }
  return {
    full: new Response(null, { headers: { 'Content-Type': 'application/json', ...headers } }),
    notModified: new Response(null, { status: 304, headers }),
  }
}

/** Those of one isolate, version and second, by whom they are open to. */
let made = { env: {}, version: -1, age: -1, byReader: new Map<string | null, Blanks>() }

/** A response made like another copies it outside of JavaScript: a third of what setting its headers costs. */
const blanksFor = (env: Env, loaded: LoadedSnapshot, reader: string | null): Blanks => {
  const { version } = loaded.snapshot
  const age = ageSeconds(loaded)
  if (made.env !== env || made.version !== version || made.age !== age)
    made = { env, version, age, byReader: new Map() }
  const known = made.byReader.get(reader)
  if (known) return known
  const blanks = blanksOf(env, version, age, reader)
  made.byReader.set(reader, blanks)
  return blanks
}

const responseOf = (c: Context, loaded: LoadedSnapshot, { text, etag }: Answer): Response => {
  const { full, notModified } = blanksFor(c.env, loaded, allowedOrigin(c))
  const response = new Response(text, text === null ? notModified : full)
  if (etag !== undefined) response.headers.set('ETag', etag)
  const requestId = readRequestId(c)
  if (requestId !== undefined) response.headers.set('X-Request-Id', requestId)
  return response
}

/**
 * A handler that answers from the snapshot, and everything around it: key, body, headers, refusals.
 *
 * @param respond answers what was asked, of a context that is to be believed; it may throw a `Problem`
 * @param named what a refusal names besides, such as the flag that was asked for
 */
export const evaluationHandler = (
  id: string,
  description: Description,
  schema: z.ZodType<Asked>,
  respond: (
    asked: Asked,
    admission: Admission,
    c: Context<EvaluationEnv>,
  ) => Answer | Promise<Answer>,
  named: (c: Context) => Partial<ErrorBody> = () => ({}),
) =>
  withDocs(
    async function answerEvaluation(c: Context<EvaluationEnv>): Promise<Response> {
      try {
        requireJson(c)
        const admission = await authenticateKey(c)
        const asked = await readJson(c, schema, isPlainRequest)
        if (admission.key.client)
          asked.context = await getTrustedContext(c, admission.key, asked.context)
        return responseOf(c, admission.loaded, await respond(asked, admission, c))
      } catch (error) {
        const refusal = respondWithError(error, c, named(c))
        setResponseHeaders(c, refusal)
        applyCors(c, refusal)
        return refusal
      }
    },
    {
      ...KEY_AUTH_DOCS,
      operation: createOperation(id, description),
      input: { target: 'json', schema },
    },
  )
