import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '../evaluate/index.ts'

/*
 * An ETag is of an answer (RFC 9110, 8.8.3), never of the snapshot version: OpenFeature's web client sends the tag of
 * one context with the next one, and must not get 304 because the version is the same. A tag covers the inputs of the
 * text, so the text need not exist. Equal answers of different versions have equal tags.
 */

/** A hash of a value that many answers share. */
export const createFingerprint = (value: unknown): Uint8Array =>
  sha256(JSON.stringify(value)).slice()

/** The tag of an answer: of its shared part, its flag values, and the rest of it. */
export const createEtag = (fingerprint: Uint8Array, values: Uint8Array, rest: string): string => {
  const digest = sha256(fingerprint, values, rest)
  return `"${bytesToHex(digest.subarray(0, 16))}"`
}
