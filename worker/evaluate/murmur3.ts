/**
 * MurmurHash3_x86_32 of exactly eight bytes, given as two little-endian words.
 * Austin Appleby, https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (public domain).
 *
 * The two halves of the body depend on different inputs: `scramble` on the message alone, so it is done once
 * a request; `mix` on the seed as well, so it is done once a flag.
 */

const rotateLeft = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits))

/** The part of a block's mixing that does not depend on the seed. */
export const scramble = (word: number): number =>
  Math.imul(rotateLeft(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593)

const absorb = (hash: number, scrambled: number) =>
  (Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64) | 0

/** The hash, as a uint32, of two scrambled words under a seed. */
export const mix = (first: number, second: number, seed: number): number => {
  let h = absorb(absorb(seed, first), second) ^ 8
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
