/** Files with a test title that begins in mid-sentence. */
export const KNOWN_TITLES: readonly string[] = [
  'test/worker/experiments-schedule.test.ts',
  'test/worker/exposures-batch.test.ts',
  'test/worker/exposures.test.ts',
  'test/worker/key-use.test.ts',
  'test/worker/participant-adoption.test.ts',
  'test/worker/retention.test.ts',
]

/** Files with more than 250 lines. */
export const KNOWN_LONG_FILES: readonly string[] = ['worker/evaluate/compiled.ts']

/** Files that export a function whose name ends in Of or In. */
export const KNOWN_NAMES: readonly string[] = [
  'sdk/evaluate.ts',
  'worker/evaluate/compiled.ts',
  'worker/snapshot/results.ts',
]
