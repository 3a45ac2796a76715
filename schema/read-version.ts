/* This file has no zod, because the evaluator uses it. */

/** Semantic Versioning 2.0.0, https://semver.org, with its suggested groups but the last, which has no precedence. */
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/

const DIGITS = /^\d+$/

/** A number of any length, so that texts compare as numbers do: the longer one is greater. */
const toSortable = (digits: string): string =>
  String.fromCharCode(digits.length >>> 16, digits.length & 0xffff) + digits

/** Numeric identifiers are lower than others (SemVer 2.0.0, 11.4.3). */
const toIdentifier = (identifier: string): string =>
  DIGITS.test(identifier) ? `\u0001${toSortable(identifier)}` : `\u0002${identifier}\u0000`

/**
 * Reads a version as a text that compares with `<` by the precedence of SemVer 2.0.0, or returns undefined. A version with
 * more pre-release identifiers is greater than its beginning, and one without any is the greatest.
 */
export const readVersion = (text: string): string | undefined => {
  const match = VERSION.exec(text)
  if (!match) return undefined
  const [, major = '', minor = '', patch = '', preRelease] = match
  const numbers = [major, minor, patch].map(toSortable).join('')
  const ending =
    preRelease === undefined ? '\u0003' : preRelease.split('.').map(toIdentifier).join('')
  return numbers + ending
}
