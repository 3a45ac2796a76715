import { zValidator } from '@hono/zod-validator'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type * as z from 'zod'
import { MAX_DEPTH } from '../../schema/limits.ts'
import type { ErrorCode, Issue } from '../../schema/problem.ts'
import { withDocs } from '../openapi/route-docs.ts'
import { Problem } from '../http/problem.ts'

export const KIB = 1024

/** The largest body of a route, in KiB; of any other, `DEFAULT_KIB`. */
const limits: Readonly<Record<string, number>> = {
  '/v1/exposures': 256,
  '/v1/events': 256,
  '/api/import': 8 * KIB,
}
export const DEFAULT_KIB = 64

const limitTo = (kib: number) =>
  bodyLimit({
    maxSize: kib * KIB,
    onError: () => {
      throw new Problem('PAYLOAD_TOO_LARGE', `the body is larger than ${kib} KB`)
    },
  })

const limiters = new Map(Object.entries(limits).map(([path, kib]) => [path, limitTo(kib)]))
export const defaultLimiter = limitTo(DEFAULT_KIB)

/** Refuses a body that is too large, by its declared length or while it arrives. */
export const limitBody = createMiddleware(function limitBody(c, next) {
  return (limiters.get(c.req.path) ?? defaultLimiter)(c, next)
})

const JSON_TYPE = /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i

const hasBody = (c: Context): boolean =>
  c.req.raw.body !== null && c.req.header('Content-Length') !== '0'

/** Refuses a body that does not say it is JSON. */
export const requireJson = (c: Context): void => {
  if (!JSON_TYPE.test(c.req.header('Content-Type') ?? '') && hasBody(c))
    throw new Problem(
      'UNSUPPORTED_MEDIA_TYPE',
      'send the body with `Content-Type: application/json`',
    )
}

/** Without a body these would set every member to its default, or nothing: a mistake, not a wish. */
const NEED_BODY: readonly string[] = ['PUT', 'PATCH']

/** Whether a request of this method is refused without a body; with others, that is as good as `{}`. */
export const isBodyNeeded = (method: string, schema: z.ZodType): boolean =>
  NEED_BODY.includes(method) || !schema.safeParse({}).success

/** Refuses a body that does not say it is JSON. */
export const jsonOnly = createMiddleware(async function jsonOnly(c, next) {
  requireJson(c)
  await next()
})

/** A body that is not there, where one is needed: in OFREP's words, too, one that cannot be parsed. */
export const emptyBody = () => new Problem('PARSE_ERROR', 'the body is empty: send a JSON object')

/** The value of a JSON text. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('PARSE_ERROR', 'the body is not valid JSON')
  }
}

/** What a refusal tells at most: of many mistakes the first ones, and of each a length that can be read. */
const MAX_ISSUES = 100
const MAX_MESSAGE_LENGTH = 1_000

export const toIssue = ({ message, path }: z.core.$ZodIssue): Issue => ({
  path: path.join('.'),
  message: message.slice(0, MAX_MESSAGE_LENGTH),
})

/** OFREP has no code for a body that is JSON but no object; to its clients that is one that cannot be parsed. */
const codeOf = (issues: readonly z.core.$ZodIssue[]): ErrorCode => {
  if (issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0))
    return 'PARSE_ERROR'
  return issues.every(({ path }) => path[0] === 'context') ? 'INVALID_CONTEXT' : 'INVALID_REQUEST'
}

export const refuseInvalid = (issues: readonly z.core.$ZodIssue[]): never => {
  const readable = issues.slice(0, MAX_ISSUES).map(toIssue)
  const [first] = readable
  throw new Problem(
    codeOf(issues),
    first ? `${first.path || 'the request'}: ${first.message}` : 'the request is not valid',
    { issues: readable },
  )
}

/** How deep lists and objects stand in one another in a JSON text, at the most `MAX_DEPTH + 1`. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  let isInString = false
  for (let at = 0; at < text.length && deepest <= MAX_DEPTH; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}

/** How many of these there are, or that there are more than `MAX_DEPTH`. */
const countOf = (bracket: string, text: string): number => {
  let count = 0
  for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; count++)
    at = text.indexOf(bracket, at + 1)
  return count
}

/** Refuses a body that would cost far more memory parsed than sent: 8 MB of `[` are a quarter of a gigabyte of lists. */
export const limitDepth = (text: string): void => {
  // Few brackets cannot stand deep, and to count them is a tenth of the work.
  const mayBeDeep = countOf('{', text) + countOf('[', text) > MAX_DEPTH
  if (mayBeDeep && depthOf(text) > MAX_DEPTH)
    throw new Problem(
      'PARSE_ERROR',
      `lists and objects may stand at most ${MAX_DEPTH} deep in one another`,
    )
}

/**
 * Has the schema stop at the first mistake, as it does when it is only asked whether there is one: a list of a million
 * would fill an isolate. (test/worker/hostile.test.ts fails should a newer zod not do so any more.)
 */
const FIRST_ONLY: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true }

const toObject = (value: unknown): object => {
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the schema of a body must describe an object')
  return value
}

const readLarge = (text: string, schema: z.ZodType): object => {
  const { success, data, error } = schema.safeParse(parseJson(text), FIRST_ONLY)
  return success ? toObject(data) : refuseInvalid(error.issues)
}

/**
 * Validates a part of the request against its schema, and answers 400 with the issues and their paths; of a body that
 * is larger than most, with the first.
 * The schema is noted beside it for `/openapi.json`: what validates is what is documented.
 *
 * @param described says more than `schema`, where something of what that lets in is validated later
 */
export const valid = <Target extends 'json' | 'query' | 'param', Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
  described: z.ZodType = schema,
) => {
  const validator = zValidator(target, schema, (result) => {
    if (!result.success) refuseInvalid(result.error.issues)
  })
  // The text is what hono parses afterwards; it is read once.
  const shallow: typeof validator = async (c, next) => {
    // What cannot be read to its end is not empty: the validator meets the same failure, and refuses it.
    const text = await c.req.text().catch(() => undefined)
    if (text !== undefined) limitDepth(text)
    if (text !== undefined && text.length > DEFAULT_KIB * KIB) {
      c.req.addValidatedData(target, readLarge(text, schema))
      return next()
    }
    if (text !== '') return validator(c, next)
    // Where nothing need be said, nothing is `{}`, also to clients that say JSON of whatever they send.
    if (isBodyNeeded(c.req.method, schema)) throw emptyBody()
    c.req.addValidatedData(target, toObject(schema.parse({})))
    return next()
  }
  return withDocs(target === 'json' ? shallow : validator, {
    input: { target, schema: described },
  })
}
