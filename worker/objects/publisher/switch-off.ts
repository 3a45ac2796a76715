import { isRecord, type UnknownRecord } from '../../../schema/record.ts'
import { Snapshot } from '../../../schema/snapshot.ts'
import type { Overrides } from './overrides.ts'
import type { PublisherStore } from './publisher-store.ts'

/**
 * A snapshot that the Publisher makes without D1 gets a version this far above every known version. D1 may count up
 * meanwhile, and a version must not mean two states: the gap has room for 1,000 edits that the Publisher does not know.
 * Later, D1's version is raised above it.
 */
export const VERSION_LEAP = 1_000

/** The snapshot with all its members: a newer Worker may have written some that this one does not know. */
const WholeSnapshot = Snapshot.loose()

const hasKey =
  (key: string) =>
  (flag: unknown): flag is UnknownRecord =>
    isRecord(flag) && flag.key === key

/** The version of D1 that is published: a snapshot with an override has a version that D1 never had. */
export const getDatabaseVersion = ({ state }: PublisherStore, overrides: Overrides): number => {
  const { base, least } = overrides.versionLeap()
  return state.version < least ? base : state.version
}

/**
 * Switches a flag off in the stored snapshot, under a new version, and stores the order for D1. There is no `await`,
 * so nothing can run in between. The order is stored even when the flag is off in the snapshot, because D1 may hold
 * an edit that switches it on and is not published yet.
 *
 * @returns the version in which the flag is off, and whether that version is new; null when the snapshot has no such flag
 */
export const switchOff = (
  store: PublisherStore,
  overrides: Overrides,
  { key, comment }: { readonly key: string; readonly comment: string },
) => {
  const { version, wanted, builtAt, nextStopAt } = store.state
  if (version < 0) return null
  const snapshot = WholeSnapshot.parse(JSON.parse(store.text()))
  const isFlag = hasKey(key)
  const flag = snapshot.flags.find(isFlag)
  if (!flag) return null
  const changed = flag.enabled !== false
  const next = changed ? Math.max(version, wanted) + VERSION_LEAP : version
  const base = getDatabaseVersion(store, overrides)
  const least = changed ? next + 1 : 0
  overrides.add({ id: crypto.randomUUID(), key, at: Date.now(), comment, base, least })
  if (changed) {
    const flags = snapshot.flags.map((each) => (isFlag(each) ? { ...flag, enabled: false } : each))
    const text = JSON.stringify({ ...snapshot, version: next, flags })
    store.save({ version: next, builtAt, nextStopAt }, text)
  }
  return { version: next, base, changed }
}
