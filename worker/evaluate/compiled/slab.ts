/** Allocating a typed array takes half a microsecond, so answers are slices of a larger one, like Node's buffers. */
const SLAB_LENGTH = 16_384
let slab = new Int32Array(0)
let used = 0

/** Finds that many free words. No word is used twice. */
export const takeWords = (
  words: number,
): { readonly memory: Int32Array; readonly start: number } => {
  if (used + words > slab.length) {
    slab = new Int32Array(Math.max(words, SLAB_LENGTH))
    used = 0
  }
  used += words
  return { memory: slab, start: used - words }
}
