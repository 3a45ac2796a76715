import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** Stands for a user id in the name of an object, because the platform stores and shows these names. */
export const hashUserId = (userId: string): string =>
  bytesToHex(sha256(utf8ToBytes(`participant:${userId}`)))

/** The prefix for row ids of an anonymous id that become the user's: without it, they might equal ids of the user's own rows. */
export const buildRowIdPrefix = (anonymousId: string): string => `${hashUserId(anonymousId)}/`
