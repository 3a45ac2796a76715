/*
 * Typed ways to look at objects. In a file without zod, because the evaluator uses them too.
 */

export type UnknownRecord = Readonly<Record<string, unknown>>

/** Whether this is an object with members, and no list. */
export const isRecord = (value: unknown): value is UnknownRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The names of an object whose members are all known to its type. */
export const listKeys = <Known extends object>(known: Known): (keyof Known & string)[] =>
  // TypeScript lets an object have more members than its type says: use this for constants only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.keys(known) as (keyof Known & string)[]
