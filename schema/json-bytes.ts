import { utf8ToBytes } from '@noble/hashes/utils.js'

/** The size of a value as JSON, in UTF-8 bytes. */
export const countJsonBytes = (value: unknown): number => utf8ToBytes(JSON.stringify(value)).length
