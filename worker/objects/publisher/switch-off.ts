import { isRecord, type UnknownRecord } from '../../../schema/record.ts'
import { Snapshot } from '../../../schema/snapshot.ts'
import type { Overrides } from './overrides.ts'
import type { PublisherStore } from './publisher-store.ts'

/**
 * How far ahead of everything that it knows of the Publisher numbers a snapshot which it makes without D1. D1 goes on
 * counting meanwhile, and no version may mean two states: so many edits would have to be committed of which the
 * Publisher hears nothing. Afterwards D1 is lifted past it.
 */
export const VERSION_LEAP = 1_000

/** The snapshot with all its members: a newer Worker may have written some that this one does not know. */
const WholeSnapshot = Snapshot.loose()

const hasKey =
  (key: string) =>
  (flag: unknown): flag is UnknownRecord =>
    isRecord(flag) && flag.key === key

/** The version of D1 that is in effect: overrides make versions which are not D1's. */
export const publishedDatabaseVersion = (
  { state }: PublisherStore,
  overrides: Overrides,
): number => {
  const { base, least } = overrides.leap()
  return state.version < least ? base : state.version
}

/**
 * Switches a flag off in the snapshot that is held, under a new version, and remembers that as an order for D1.
 * Without any await, so it is one step whatever else is going on. A flag that is held as off already is ordered off
 * all the same: D1 may have it on in an edit that was not published yet.
 *
 * @returns the version in which the flag is off, and whether that is new; null when no such flag is held
 */
export const switchOff = (
  shelf: PublisherStore,
  overrides: Overrides,
  { key, comment }: { readonly key: string; readonly comment: string },
) => {
  const { version, wanted, builtAt, nextStopAt } = shelf.state
  if (version < 0) return null
  const snapshot = WholeSnapshot.parse(JSON.parse(shelf.text()))
  const isIt = hasKey(key)
  const flag = snapshot.flags.find(isIt)
  if (!flag) return null
  const changed = flag.enabled !== false
  const next = changed ? Math.max(version, wanted) + VERSION_LEAP : version
  const base = publishedDatabaseVersion(shelf, overrides)
  overrides.add({
    id: crypto.randomUUID(),
    key,
    at: Date.now(),
    comment,
    base,
    least: changed ? next + 1 : 0,
  })
  if (changed) {
    const flags = snapshot.flags.map((one) => (isIt(one) ? { ...flag, enabled: false } : one))
    const text = JSON.stringify({ ...snapshot, version: next, flags })
    shelf.hold({ version: next, builtAt, nextStopAt }, text)
  }
  return { version: next, base, changed }
}
