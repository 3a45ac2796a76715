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

/** The body as it was sent, in UTF-8; refused when it is too large, by its declared length or while it arrives. */
const textOf = async (c: Context): Promise<string> => {
  if (!isDeclaredSmall(c.req.header('Content-Length'))) await defaultLimiter(c, async () => {})
  return c.req.raw.text()
}

/**
 * What the middleware of `body.ts` does to a body of at most 64 KB, in one step: its length, its depth, its schema.
 *
 * @param isPlain tells of a body, at a glance, that the schema would take it as it is
 * @throws Problem PAYLOAD_TOO_LARGE, PARSE_ERROR, INVALID_CONTEXT or INVALID_REQUEST
 */
export const readJson = async <Body>(
  c: Context,
  schema: z.ZodType<Body>,
  isPlain: (body: unknown) => body is Body,
): Promise<Body> => {
  const text = await textOf(c)
  limitDepth(text)
  if (text === '') throw emptyBody()
  const body = parseJson(text)
  if (isPlain(body)) return body
  const { success, data, error } = schema.safeParse(body)
  return success ? data : refuseInvalid(error.issues)
}
