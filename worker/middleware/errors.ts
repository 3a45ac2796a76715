import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { matchedRoutes } from 'hono/route'
import { HTTP_STATUS, type ErrorBody } from '../../schema/problem.ts'
import { listCauses } from '../lib/describe-error.ts'
import { Problem, unavailable } from '../http/problem.ts'
import { getRequestId } from './request-id.ts'

/** D1 shows a failure in its message, a Durable Object in properties of the error. */
const isDependencyFailure = (error: unknown) =>
  listCauses(error).some(
    (cause) =>
      cause.message.startsWith('D1_') ||
      'retryable' in cause ||
      'overloaded' in cause ||
      'durableObjectReset' in cause,
  )

/** The pattern of the route, never the URL, which may hold a user id. */
export const describeRoute = (c: Context) =>
  `${c.req.method} ${matchedRoutes(c).at(-1)?.path ?? ''}`

const toProblem = (error: unknown, c: Context): Problem => {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status === 400)
    return new Problem('PARSE_ERROR', 'the body is not valid JSON')
  console.error({
    event: 'request.failed',
    requestId: getRequestId(c),
    route: describeRoute(c),
    error: listCauses(error).map((cause) => cause.stack ?? cause.message),
  })
  return isDependencyFailure(error)
    ? unavailable('the database does not answer; nothing is known to have changed, try again')
    : new Problem('GENERAL', 'something unexpected went wrong on our side; it was logged')
}

/** Answers any failure with the error body. The `extra` members come first. */
export const respondWithError = (error: unknown, c: Context, extra: Partial<ErrorBody> = {}) => {
  const { code, message, extras } = toProblem(error, c)
  const body: ErrorBody = {
    ...extra,
    errorCode: code,
    errorDetails: message,
    ...(extras.issues && { issues: [...extras.issues] }),
  }
  return c.json(body, HTTP_STATUS[code], extras.headers)
}
