import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** Hashes a user id for the name of its object, because the platform stores and shows these names. */
export const hashUserId = (userId: string): string =>
  bytesToHex(sha256(utf8ToBytes(`participant:${userId}`)))

/** The prefix of row ids that a merge moves to the user, so that they differ from the user's own row ids. */
export const buildRowIdPrefix = (anonymousId: string): string => `${hashUserId(anonymousId)}/`
