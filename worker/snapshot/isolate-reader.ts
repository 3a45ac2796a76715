import type { Env } from '../env.ts'
import { getPublisher } from '../objects/stubs.ts'
import { getPublishedSnapshot } from '../store/snapshot.ts'
import { perIsolate } from '../lib/per-isolate.ts'
import { createReader } from './reader.ts'

/** The isolate's one snapshot reader. */
export const getSnapshotReader = perIsolate((env: Env) =>
  createReader({
    kv: () => getPublishedSnapshot(env.SNAPSHOTS),
    publisher: (newerThan) => getPublisher(env).newerThan(newerThan),
  }),
)
