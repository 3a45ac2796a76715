import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MAX_DEPTH } from './limits.ts'

/* The values of flags. In a file without zod, because browsers check them while an admin types. */

export const FLAG_TYPES = ['boolean', 'string', 'number', 'json'] as const
export type FlagType = (typeof FLAG_TYPES)[number]

/** The size of one value, in UTF-8 bytes of JSON. */
export const MAX_VALUE_BYTES = 16 * 1024

/** JSON cannot say Infinity, but `1e999` is parsed to it. */
const isFiniteJson = (value: unknown, depth = 0): boolean => {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return value !== undefined
  return depth < MAX_DEPTH && Object.values(value).every((each) => isFiniteJson(each, depth + 1))
}

const types: Record<FlagType, { readonly isTaken: (value: unknown) => boolean; words: string }> = {
  boolean: { isTaken: (value) => typeof value === 'boolean', words: 'give true or false' },
  string: { isTaken: (value) => typeof value === 'string', words: 'give a text' },
  number: {
    isTaken: (value) => typeof value === 'number' && Number.isFinite(value),
    words: 'give a number that is finite',
  },
  // OpenFeature has no other type that takes a text or a number as an object.
  json: {
    isTaken: (value) => typeof value === 'object' && value !== null && isFiniteJson(value),
    words: 'give an object or a list, with finite numbers; for others there are other types',
  },
}

/** Why a flag of this type cannot have the value; undefined when it can. */
export const findValueProblem = (type: FlagType, value: unknown): string | undefined => {
  if (!types[type].isTaken(value)) return types[type].words
  const { length } = utf8ToBytes(JSON.stringify(value))
  return length > MAX_VALUE_BYTES
    ? `give at most ${MAX_VALUE_BYTES} bytes of JSON; this value has ${length}`
    : undefined
}
