/*
 * Limits of everything that an isolate holds in memory. Together they keep a snapshot below MAX_SNAPSHOT_BYTES, so that an
 * edit is refused before it is committed and never fails when it is published.
 */

/** Flags; the 5,001st is refused. */
export const MAX_FLAGS = 5_000

/** Segments; the 1,001st is refused. */
export const MAX_SEGMENTS = 1_000

/**
 * The lists and conditions of one segment, in UTF-8 bytes of JSON. An audit row holds a segment twice, and a row of D1
 * may have 2 MB.
 */
export const MAX_SEGMENT_BYTES = 256 * 1024

/** The rules of all flags and the contents of all segments together, in UTF-8 bytes of JSON. */
export const MAX_RULES_BYTES = 8_000_000

/** Drafts, running and paused experiments together. */
export const MAX_EXPERIMENTS = 1_000

/** Experiments that are not archived. Stopped ones take a few bytes of a snapshot each. */
export const MAX_LISTED_EXPERIMENTS = 10_000

/** Keys and tokens that are not revoked. */
export const MAX_KEYS = 1_000

/** Members. */
export const MAX_MEMBERS = 1_000

/** A snapshot, in UTF-8 bytes. KV accepts 25 MiB and an RPC 32 MiB. */
export const MAX_SNAPSHOT_BYTES = 20_000_000

/** The depth of nested lists and objects in a request body. */
export const MAX_DEPTH = 32

/** Testers and left-out users of all experiments that do not rest together, in UTF-8 bytes of JSON. */
export const MAX_PEOPLE_BYTES = 1_000_000
