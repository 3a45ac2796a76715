import { Problem, unavailable } from '../http/problem.ts'

type Noun = 'flag' | 'segment' | 'experiment'

/** The version differs from the one that the edit was made for. */
export const describeVersionMismatch = (
  noun: Noun,
  current: { readonly version: number } | null,
): Problem =>
  new Problem(
    'VERSION_MISMATCH',
    current
      ? `the ${noun} is there, at version ${current.version} by now: read it again, then edit that`
      : `there is no such ${noun} (any more)`,
  )

/** Others were faster each time. */
export const describeContention = (noun: Noun): Problem =>
  unavailable(`others keep editing this ${noun} at the same time; nothing was changed`)
