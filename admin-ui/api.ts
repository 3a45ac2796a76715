import type { ErrorBody, Issue } from '../schema/problem.ts'
import { client } from './client.ts'

export { encodeParams } from './client.ts'

export const { api, health } = client

/** A request that did not end as hoped. Status 0: no answer at all, most likely offline. */
export class ApiError extends Error {
  readonly status: number
  readonly issues: readonly Issue[]

  constructor(status: number, details: string, issues: readonly Issue[] = []) {
    super(details)
    this.status = status
    this.issues = issues
  }
}

const OFFLINE = 'The server cannot be reached. Check the connection.'

export type Answer = { readonly ok: boolean; readonly status: number; json(): Promise<unknown> }

/** What a route answers when all is well, typed by the route. */
export type ResponseBody<A extends Answer> = Awaited<ReturnType<A['json']>>

let notifySignedOut = () => {}

/** Says what to do when the session has ended. */
export const onSignedOut = (tell: () => void): void => {
  notifySignedOut = tell
}

/** The body of an answer; throws an ApiError for anything but success. */
export const readAnswer = async <A extends Answer>(
  pending: Promise<A>,
): Promise<ResponseBody<A>> => {
  const answer = await pending.catch(() => {
    throw new ApiError(0, OFFLINE)
  })
  const body: unknown = answer.status === 204 ? null : await answer.json().catch(() => null)
  if (answer.ok) return body as ResponseBody<A>
  if (answer.status === 401) notifySignedOut()
  const { errorDetails, issues } = (body ?? {}) as Partial<ErrorBody>
  throw new ApiError(answer.status, errorDetails ?? `The server answered ${answer.status}.`, issues)
}

/** What went wrong, for people. */
export const describeError = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'Something unexpected went wrong in this page.'
