import type { ErrorBody, Issue } from '../schema/problem.ts'
import { client } from './client.ts'

export const { api, health } = client

/** A request that did not end as hoped. Status 0: no answer at all, most likely offline. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly issues: readonly Issue[]

  constructor(status: number, details: string, issues: readonly Issue[] = []) {
    super(details)
    this.status = status
    this.issues = issues
  }
}

const OFFLINE = 'The server cannot be reached. Check the connection.'

type Answer = { readonly ok: boolean; readonly status: number; json(): Promise<unknown> }

let tellSignedOut = () => {}

/** Says what to do when the session has ended. */
export const whenSignedOut = (tell: () => void): void => {
  tellSignedOut = tell
}

/** The body of an answer, typed by its route; throws an ApiError for anything but success. */
export const answerOf = async <A extends Answer>(
  pending: Promise<A>,
): Promise<Awaited<ReturnType<A['json']>>> => {
  const answer = await pending.catch(() => {
    throw new ApiError(0, OFFLINE)
  })
  const body: unknown = answer.status === 204 ? null : await answer.json().catch(() => null)
  if (answer.ok) return body as Awaited<ReturnType<A['json']>>
  if (answer.status === 401) tellSignedOut()
  const { errorDetails, issues } = (body ?? {}) as Partial<ErrorBody>
  throw new ApiError(answer.status, errorDetails ?? `The server answered ${answer.status}.`, issues)
}

/** What went wrong, for people. */
export const messageOf = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'Something unexpected went wrong in this page.'
