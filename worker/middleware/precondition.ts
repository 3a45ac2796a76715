import type { Context } from 'hono'
import type { ParameterName } from '../openapi/components.ts'
import { Problem } from '../http/problem.ts'

/** An edit may require a version, or that nothing exists yet. */
type Precondition = { readonly version: number } | 'absent' | undefined

/** The headers that `readPrecondition` reads. */
export const PRECONDITION: readonly ParameterName[] = ['If-Match', 'If-Absent']

/** `If-Match: "N"` edits only that version, `If-None-Match: *` only creates (RFC 9110, 13.1). */
export const readPrecondition = (c: Context): Precondition => {
  const [match, noneMatch] = [c.req.header('If-Match'), c.req.header('If-None-Match')]
  if (noneMatch !== undefined) {
    if (noneMatch !== '*')
      throw new Problem('INVALID_REQUEST', 'If-None-Match: only `*` is understood here')
    if (match !== undefined)
      throw new Problem('INVALID_REQUEST', 'send If-Match or If-None-Match: nothing meets both')
    return 'absent'
  }
  return match === undefined ? undefined : { version: parseVersion(match) }
}

const parseVersion = (match: string): number => {
  const version = /^"(\d{1,15})"$/.exec(match)?.[1]
  if (version === undefined)
    throw new Problem('INVALID_REQUEST', 'If-Match: send the version in quotes, as in "3"')
  return Number(version)
}

/** The version that `If-Match` requires, for edits that never create. */
export const requiredVersion = (c: Context): number | undefined => {
  const match = c.req.header('If-Match')
  return match === undefined ? undefined : parseVersion(match)
}
