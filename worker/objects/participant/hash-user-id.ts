import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

/** What stands for a user id where it must not stand itself: names of objects are kept and shown by the platform. */
export const hashUserId = (userId: string): string =>
  bytesToHex(sha256(utf8ToBytes(`participant:${userId}`)))

/** Put before the ids of an anonymous person's rows, so that none of them is the user's own id of another row. */
export const buildRowIdPrefix = (anonymousId: string): string => `${hashUserId(anonymousId)}/`
