import type { Snapshot } from '../../schema/snapshot.ts'

/** The text of a valid snapshot in which the flag `version.N` exists, so that answers tell where they come from. */
export const snapshotText = (version: number, over: Partial<Snapshot> = {}): string =>
  JSON.stringify({
    format: 1,
    version,
    builtAt: new Date(Date.now()).toISOString(),
    flags: [{ key: `version.${version}`, enabled: true, rollout: 100, rules: null }],
    experiments: [],
    keys: [],
    ...over,
  } satisfies Snapshot)
