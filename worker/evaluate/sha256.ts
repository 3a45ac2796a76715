import { sha256 as noble } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/*
 * noble makes new arrays for every hash, and the encoder one for every text: with something as short as a user id,
 * that is five sixths of the cost. Here they are made once. Nothing ever waits in the middle of a hash, so one will do.
 */

const blank = noble.create()
const hasher = noble.create()
const digest = new Uint8Array(blank.outputLen)

const ascii = new Uint8Array(512)
const prefixes = Array.from(ascii, (_, length) => ascii.subarray(0, length))

/** A text in UTF-8; a short one in ASCII, as most ids are, without asking the encoder. */
const toBytes = (text: string): Uint8Array => {
  const bytes = prefixes[text.length]
  if (!bytes) return utf8ToBytes(text)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return utf8ToBytes(text)
    bytes[at] = code
  }
  return bytes
}

/**
 * SHA-256 (FIPS 180-4) of bytes, and of texts in UTF-8, one after the other.
 *
 * @returns 32 bytes, which the next call overwrites
 */
export const sha256 = (...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> => {
  blank._cloneInto(hasher)
  for (const part of parts) hasher.update(typeof part === 'string' ? toBytes(part) : part)
  hasher.digestInto(digest)
  return digest
}
