/** A name that nothing else of this user has: a UUID; in pages without https, where there is none, random digits. */
export const newId = (random: () => number): string =>
  globalThis.crypto?.randomUUID?.() ?? `${random()}${random()}`
