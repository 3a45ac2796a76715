import { bytesToHex } from '@noble/hashes/utils.js'
import { sha256 } from '../evaluate/index.ts'

/*
 * Tags of answers (RFC 9110, 8.8.3), never of the snapshot's version: OpenFeature's web client sends the tag of one
 * context along with the next, and must not be told "not changed" when only the version is the same. A tag covers all
 * that the text is made of, so the text need not exist, and equal answers of different versions have equal tags.
 */

/** What stands for a value that many answers share. */
export const createFingerprint = (value: unknown): Uint8Array =>
  sha256(JSON.stringify(value)).slice()

/** The tag of an answer: of what it shares with others, of what it tells of each flag, and of what else is in it. */
export const createEtag = (fingerprint: Uint8Array, told: Uint8Array, rest: string): string => {
  const digest = sha256(fingerprint, told, rest)
  return `"${bytesToHex(digest.subarray(0, 16))}"`
}
