/** A name that nothing else has: a UUID; in pages without https, where there is none, as much randomness. */
export const newId = (random: () => number): string =>
  globalThis.crypto?.randomUUID?.() ??
  Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-')
