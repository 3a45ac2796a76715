/*
 * What there may be of everything that the edge holds in memory. Together these keep a snapshot below
 * MAX_SNAPSHOT_BYTES, so an edit is refused before it is committed, and never first when it is published.
 */

/** Flags; the 5,001st is refused. */
export const MAX_FLAGS = 5_000

/** All flags' rules together, in UTF-8 bytes of JSON. */
export const MAX_RULES_BYTES = 8_000_000

/** Experiments, in whatever status. */
export const MAX_EXPERIMENTS = 1_000

/** Keys and tokens that are not revoked. */
export const MAX_KEYS = 1_000

/** People who administer. */
export const MAX_MEMBERS = 1_000

/** Of a snapshot, in UTF-8 bytes: KV takes 25 MiB and an RPC 32; below both, and all of the above fits in. */
export const MAX_SNAPSHOT_BYTES = 20_000_000

/** Lists and objects in one another, in a request body. */
export const MAX_DEPTH = 32
