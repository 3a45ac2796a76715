import type { ErrorCode, Issue } from '../../schema/problem.ts'

type Extras = {
  readonly issues?: readonly Issue[]
  readonly headers?: Readonly<Record<string, string>>
}

/** An expected failure that ends a request; `middleware/errors.ts` turns it into the error body. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly code: ErrorCode
  readonly extras: Extras

  constructor(code: ErrorCode, details: string, extras: Extras = {}) {
    super(details)
    this.code = code
    this.extras = extras
  }
}

/** A dependency does not answer or is full; the client may try again after `seconds`. */
export const unavailable = (details: string, seconds = 1) =>
  new Problem('UNAVAILABLE', details, { headers: { 'Retry-After': String(seconds) } })
