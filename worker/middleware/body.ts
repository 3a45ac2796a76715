import { zValidator } from '@hono/zod-validator'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import type * as z from 'zod'
import { MAX_DEPTH, MAX_SEGMENT_BYTES } from '../../schema/limits.ts'
import type { ErrorCode, Issue } from '../../schema/problem.ts'
import { withDocs } from '../openapi/route-docs.ts'
import { Problem } from '../http/problem.ts'

export const KIB = 1024

/** The largest body of a route, in KiB. Other routes have `DEFAULT_KIB`. */
const limits: Readonly<Record<string, number>> = {
  '/v1/exposures': 256,
  '/v1/events': 256,
  // Every flag at its limits is 24 MB: 5,000 descriptions of 1,000 characters, and 8 MB of rules.
  '/api/import': 28 * KIB,
}
export const DEFAULT_KIB = 64

const limitTo = (kib: number) =>
  bodyLimit({
    maxSize: kib * KIB,
    onError: () => {
      throw new Problem('PAYLOAD_TOO_LARGE', `the body is larger than ${kib} KB`)
    },
  })

/** Each list of a segment may have 5,000 ids. */
const SEGMENTS = '/api/segments/'
const segmentLimiter = limitTo(MAX_SEGMENT_BYTES / KIB)

const limiters = new Map(Object.entries(limits).map(([path, kib]) => [path, limitTo(kib)]))
export const defaultLimiter = limitTo(DEFAULT_KIB)

/** Refuses a body that is too large, by its declared length or while it arrives. */
export const limitBody = createMiddleware(function limitBody(c, next) {
  const { path } = c.req
  const byPrefix = path.startsWith(SEGMENTS) ? segmentLimiter : defaultLimiter
  return (limiters.get(path) ?? byPrefix)(c, next)
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

/** Without a body, these would reset every member or change nothing: surely a mistake. */
const NEED_BODY: readonly string[] = ['PUT', 'PATCH']

/** Whether a missing body is an error. Elsewhere it means `{}`. */
export const isBodyNeeded = (method: string, schema: z.ZodType): boolean =>
  NEED_BODY.includes(method) || !schema.safeParse({}).success

/** Refuses a body that does not say it is JSON. */
export const jsonOnly = createMiddleware(async function jsonOnly(c, next) {
  requireJson(c)
  await next()
})

/** OFREP has no code of its own for a missing body either. */
export const emptyBody = () => new Problem('PARSE_ERROR', 'the body is empty: send a JSON object')

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('PARSE_ERROR', 'the body is not valid JSON')
  }
}

/** An error body lists the first mistakes only, each in a readable length. */
const MAX_ISSUES = 100
const MAX_MESSAGE_LENGTH = 1_000

export const toIssue = ({ message, path }: z.core.$ZodIssue): Issue => ({
  path: path.join('.'),
  message: message.slice(0, MAX_MESSAGE_LENGTH),
})

/** OFREP has no code for JSON that is not an object, so its clients get PARSE_ERROR. */
const toErrorCode = (issues: readonly z.core.$ZodIssue[]): ErrorCode => {
  if (issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0))
    return 'PARSE_ERROR'
  return issues.every(({ path }) => path[0] === 'context') ? 'INVALID_CONTEXT' : 'INVALID_REQUEST'
}

export const refuseInvalid = (issues: readonly z.core.$ZodIssue[]): never => {
  const readable = issues.slice(0, MAX_ISSUES).map(toIssue)
  const [first] = readable
  throw new Problem(
    toErrorCode(issues),
    first ? `${first.path || 'the request'}: ${first.message}` : 'the request is not valid',
    { issues: readable },
  )
}

/** Measures how deep a JSON text nests, up to `MAX_DEPTH + 1`. */
const measureDepth = (text: string): number => {
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

/** Counts a bracket, up to `MAX_DEPTH + 1`. */
const countBrackets = (bracket: string, text: string): number => {
  let count = 0
  for (let at = text.indexOf(bracket); at >= 0 && count <= MAX_DEPTH; count++)
    at = text.indexOf(bracket, at + 1)
  return count
}

/** Refuses a body that needs far more memory parsed than sent: 8 MB of `[` become a quarter of a gigabyte of lists. */
export const limitDepth = (text: string): void => {
  // Few brackets cannot nest deep, and counting them takes a tenth of the time.
  const mayBeDeep = countBrackets('{', text) + countBrackets('[', text) > MAX_DEPTH
  if (mayBeDeep && measureDepth(text) > MAX_DEPTH)
    throw new Problem(
      'PARSE_ERROR',
      `lists and objects may stand at most ${MAX_DEPTH} deep in one another`,
    )
}

/**
 * Stops at the first mistake, because a list of a million mistakes would fill the memory of an isolate. The option is
 * internal to zod: test/worker/hostile.test.ts fails when a newer zod ignores it.
 */
const FIRST_ONLY: z.core.ParseContextInternal<z.core.$ZodIssue> = { abortEarly: true }

const toObject = (value: unknown): object => {
  if (typeof value !== 'object' || value === null)
    throw new TypeError('the schema of a body must describe an object')
  return value
}

const parseLarge = (text: string, schema: z.ZodType): object => {
  const { success, data, error } = schema.safeParse(parseJson(text), FIRST_ONLY)
  return success ? toObject(data) : refuseInvalid(error.issues)
}

/**
 * Reads a large body; undefined when it is not large. Neither this function nor Hono's cache keeps its text, so that the
 * memory is free while the handler runs.
 */
const readLarge = async (c: Context, schema: z.ZodType): Promise<object | undefined> => {
  // A body that breaks off is not empty: the validator fails on it too, and refuses it.
  const text = await c.req.text().catch(() => undefined)
  if (text === undefined) return undefined
  limitDepth(text)
  if (text.length <= DEFAULT_KIB * KIB) return undefined
  c.req.bodyCache = {}
  return parseLarge(text, schema)
}

/**
 * Validates a part of the request. An error lists the issues with their paths, or only the first one for a large body.
 * The same schema documents the route in `/openapi.json`.
 *
 * @param described a stricter schema for the document, where a handler validates more
 */
export const valid = <Target extends 'json' | 'query' | 'param', Schema extends z.ZodType>(
  target: Target,
  schema: Schema,
  described: z.ZodType = schema,
) => {
  const validator = zValidator(target, schema, (result) => {
    if (!result.success) refuseInvalid(result.error.issues)
  })
  // Hono caches the text and parses it later, so the body is read once.
  const shallow: typeof validator = async (c, next) => {
    const large = await readLarge(c, schema)
    if (large !== undefined) {
      c.req.addValidatedData(target, large)
      return next()
    }
    if ((await c.req.text().catch(() => undefined)) !== '') return validator(c, next)
    // A missing body means `{}` where no member is required, with any Content-Type.
    if (isBodyNeeded(c.req.method, schema)) throw emptyBody()
    c.req.addValidatedData(target, toObject(schema.parse({})))
    return next()
  }
  return withDocs(target === 'json' ? shallow : validator, {
    input: { target, schema: described },
  })
}
