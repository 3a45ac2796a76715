/** Files with more than 250 lines. */
export const KNOWN_LONG_FILES: readonly string[] = []

/** Files that export a function whose name ends in Of or In. */
export const KNOWN_NAMES: readonly string[] = [
  'sdk/evaluate.ts',
  'worker/evaluate/compiled/evaluate-all.ts',
  'worker/snapshot/results.ts',
]
