import type { ErrorBody, Issue } from '../schema/problem.ts'
import { client } from './client.ts'

export { encodeParams } from './client.ts'

export const { api, health } = client

/** A request that failed. Status 0 means that there was no response, most likely because the browser is offline. */
export class ApiError extends Error {
  readonly status: number
  readonly issues: readonly Issue[]

  constructor(status: number, details: string, issues: readonly Issue[] = []) {
    super(details)
    this.status = status
    this.issues = issues
  }
}

const OFFLINE = 'The server cannot be reached. Check your connection and try again.'

export type Answer = { readonly ok: boolean; readonly status: number; json(): Promise<unknown> }

/** The body of a successful response, typed by the route. */
export type ResponseBody<A extends Answer> = Awaited<ReturnType<A['json']>>

let endSession = () => false

/** Sets what happens on a 401. The function returns whether there was a session that has ended. */
export const onUnauthorized = (end: () => boolean): void => {
  endSession = end
}

/** The server's details as a sentence. A first word with other characters than letters may be a key and stays. */
const toSentence = (details: string): string => {
  const begun = /^[a-z]+[ ,:]/.test(details) ? details.slice(0, 1).toUpperCase() : ''
  return `${begun}${details.slice(begun.length)}${/[.!?]$/.test(details) ? '' : '.'}`
}

const SESSION_ENDED = 'Your session has ended. Sign in and try again.'

const describeFailure = (status: number, details = `The server answered ${status}`): string =>
  status >= 500 ? `${toSentence(details)} Apps keep their flags.` : toSentence(details)

/** Waits for a response and returns its body. Throws an ApiError for anything but success. */
export const readAnswer = async <A extends Answer>(
  pending: Promise<A>,
): Promise<ResponseBody<A>> => {
  const answer = await pending.catch(() => {
    throw new ApiError(0, OFFLINE)
  })
  const body: unknown = answer.status === 204 ? null : await answer.json().catch(() => null)
  if (answer.ok) return body as ResponseBody<A>
  if (answer.status === 401 && endSession()) throw new ApiError(401, SESSION_ENDED)
  const { errorDetails, issues } = (body ?? {}) as Partial<ErrorBody>
  throw new ApiError(answer.status, describeFailure(answer.status, errorDetails), issues)
}

/** Says what went wrong, for people. */
export const describeError = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'This page failed unexpectedly. Load it again.'
