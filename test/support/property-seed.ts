import * as fc from 'fast-check'

/*
 * Property tests try the same examples in each run, so that a run that passed passes again. `npm run test:explore`
 * tries others. A failure prints its seed and its example: write the example down as a test.
 */

const { PROPERTY_SEED } = globalThis.process?.env ?? {}

if (PROPERTY_SEED !== 'random') fc.configureGlobal({ seed: Number(PROPERTY_SEED ?? 1) })
