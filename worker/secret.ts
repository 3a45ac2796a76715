import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { KeyKind } from '../schema/key.ts'

/** What is kept of a key or token: lower-case hexadecimal SHA-256. Synchronous, about 2 µs. */
export const hashSecret = (secret: string): string => bytesToHex(sha256(utf8ToBytes(secret)))

const randomHex = () => bytesToHex(crypto.getRandomValues(new Uint8Array(32)))

/** What a session cookie holds: 256 random bits that mean nothing. */
export const newSessionId = randomHex

/** A new key: 256 random bits behind a prefix that tells a person, and a secret scanner, what leaked. */
export const newSecret = (kind: KeyKind): string => `flags_${kind}_${randomHex()}`

/** Compares two hashes in constant time. */
export const isSameHash = (a: string, b: string): boolean => {
  const [x, y] = [utf8ToBytes(a), utf8ToBytes(b)]
  return x.length === y.length && crypto.subtle.timingSafeEqual(x, y)
}
