import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * A tag of the answer itself, never of the snapshot's version: OpenFeature's web client sends the tag of one context
 * along with the next, and must not be told "not changed" when only the version is the same.
 */
export const etagOf = async (text: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', utf8ToBytes(text))
  return `"${bytesToHex(new Uint8Array(digest, 0, 16))}"`
}

/** Whether `If-None-Match` lets the answer through: it is absent, or names another tag (RFC 9110, 13.1.2). */
export const isNoneMatch = (header: string | undefined, etag: string): boolean =>
  header === undefined ||
  !header.split(',').some((tag) => ['*', etag].includes(tag.trim().replace(/^W\//, '')))
