import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** The stored form of a key or token: lower-case hexadecimal SHA-256. Synchronous, about 2 µs. */
export const hashSecret = (secret: string): string => bytesToHex(sha256(utf8ToBytes(secret)))

/** A new secret: 256 random bits in hexadecimal. */
export const createSecret = (): string => bytesToHex(crypto.getRandomValues(new Uint8Array(32)))

/** Compares two hashes in constant time. */
export const isSameHash = (a: string, b: string): boolean => {
  const [x, y] = [utf8ToBytes(a), utf8ToBytes(b)]
  return x.length === y.length && crypto.subtle.timingSafeEqual(x, y)
}
