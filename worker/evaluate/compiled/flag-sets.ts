/*
 * Sets of flags: flag number i is bit i % 32 of word i / 32. Several sets may lie in one array, each from its start.
 */

/** All indices are in bounds; the zero satisfies the type checker and costs nothing. */
export const at = (column: Int32Array | Uint8Array, index: number): number => column[index] ?? 0

export const has = (set: Int32Array, offset: number, flag: number): boolean =>
  (at(set, offset + (flag >>> 5)) & (1 << (flag & 31))) !== 0

export const add = (set: Int32Array, offset: number, flag: number): void => {
  set[offset + (flag >>> 5)] = at(set, offset + (flag >>> 5)) | (1 << (flag & 31))
}

export const remove = (set: Int32Array, offset: number, flag: number): void => {
  set[offset + (flag >>> 5)] = at(set, offset + (flag >>> 5)) & ~(1 << (flag & 31))
}
