import { sha256 as noble } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/*
 * noble allocates arrays for each hash, and the encoder one for each text: five sixths of the cost for a short user id.
 * Here they are allocated once. A hash never awaits, so one set is enough.
 */

const blank = noble.create()
const hasher = noble.create()
const digest = new Uint8Array(blank.outputLen)

const ascii = new Uint8Array(512)
const prefixes = Array.from(ascii, (_, length) => ascii.subarray(0, length))

/** A text in UTF-8. Short ASCII texts, as most ids are, need no encoder. */
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
 * SHA-256 (FIPS 180-4) of the parts in order; texts are in UTF-8.
 *
 * @returns 32 bytes; the next call overwrites them
 */
export const sha256 = (...parts: readonly (string | Uint8Array)[]): Uint8Array<ArrayBuffer> => {
  blank._cloneInto(hasher)
  for (const part of parts) hasher.update(typeof part === 'string' ? toBytes(part) : part)
  hasher.digestInto(digest)
  return digest
}
