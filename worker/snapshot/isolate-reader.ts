import type { Env } from '../env.ts'
import { getPublisher } from '../objects/stubs.ts'
import { getPublishedSnapshot } from '../store/snapshot.ts'
import { createReader, type Reader } from './reader.ts'

/** One reader an isolate: `env` is the same object for all its requests. */
const readers = new WeakMap<Env, Reader>()

export const getSnapshotReader = (env: Env): Reader => {
  const known = readers.get(env)
  if (known) return known
  const reader = createReader({
    kv: () => getPublishedSnapshot(env.SNAPSHOTS),
    publisher: (newerThan) => getPublisher(env).newerThan(newerThan),
  })
  readers.set(env, reader)
  return reader
}
