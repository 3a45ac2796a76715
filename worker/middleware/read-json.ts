import type { Context } from 'hono'
import type * as z from 'zod'
import {
  DEFAULT_KIB,
  defaultLimiter,
  emptyBody,
  KIB,
  parseJson,
  refuseInvalid,
  limitDepth,
} from './body.ts'

const isDeclaredSmall = (length: string | undefined) =>
  length !== undefined && Number(length) <= DEFAULT_KIB * KIB

/** Reads the body as UTF-8. Refuses one that is too large, by its declared length or while it arrives. */
const readText = async (c: Context): Promise<string> => {
  if (!isDeclaredSmall(c.req.header('Content-Length'))) await defaultLimiter(c, async () => {})
  return c.req.raw.text()
}

/**
 * Reads and validates a body of at most 64 KB in one step, as the middleware of `body.ts` does in several.
 *
 * @param isPlain a quick check: whether the schema would accept the body unchanged
 * @throws Problem PAYLOAD_TOO_LARGE, PARSE_ERROR, INVALID_CONTEXT or INVALID_REQUEST
 */
export const readJson = async <Body>(
  c: Context,
  schema: z.ZodType<Body>,
  isPlain: (body: unknown) => body is Body,
): Promise<Body> => {
  const text = await readText(c)
  limitDepth(text)
  if (text === '') throw emptyBody()
  const body = parseJson(text)
  if (isPlain(body)) return body
  const { success, data, error } = schema.safeParse(body)
  return success ? data : refuseInvalid(error.issues)
}
