import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { matchedRoutes } from 'hono/route'
import * as z from 'zod'
import { Problem } from '../http/problem.ts'
import { parameters, type ParameterName } from '../openapi/components.ts'
import { getRouteDocs, type RouteDocs } from '../openapi/route-docs.ts'

const MAX_ISSUES = 100
const MAX_NAME_LENGTH = 100

const isInQuery = (name: ParameterName) => parameters[name].in === 'query'

const listNames = ({ input, operation, reads = [] }: RouteDocs): readonly string[] => [
  ...(input?.target === 'query' && input.schema instanceof z.ZodObject
    ? Object.keys(input.schema.shape)
    : []),
  ...[...reads, ...(operation?.reads ?? [])].filter(isInQuery),
]

/** The query parameters that a route documents; undefined when there is no such route. */
const findKnown = (c: Context): readonly string[] | undefined => {
  const notes = matchedRoutes(c).flatMap(({ handler }) => getRouteDocs(handler) ?? [])
  return notes.some(({ operation }) => operation) ? notes.flatMap(listNames) : undefined
}

const list = new Intl.ListFormat('en-GB')

/**
 * Refuses a query parameter that the route does not know. A filter with a typing error would otherwise be ignored, and
 * the answer would look right. Only for administration: proxies and pages add parameters to the addresses of apps.
 */
export const refuseUnknownQuery = createMiddleware(async function refuseUnknownQuery(c, next) {
  const names = Object.keys(c.req.queries())
  const known = names.length > 0 ? findKnown(c) : undefined
  const unknown = known ? names.filter((name) => !known.includes(name)) : []
  if (known && unknown.length > 0) {
    const takes =
      known.length > 0 ? `the route takes ${list.format(known)}` : 'the route takes none'
    const message = `there is no such query parameter; ${takes}`
    const issues = unknown
      .slice(0, MAX_ISSUES)
      .map((name) => ({ path: name.slice(0, MAX_NAME_LENGTH), message }))
    throw new Problem('INVALID_REQUEST', `${issues[0]?.path}: ${message}`, { issues })
  }
  await next()
})
