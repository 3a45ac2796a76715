import { describeError } from '../../lib/describe-error.ts'
import { elapsedSince } from '../../lib/elapsed.ts'
import { createSingleFlight } from '../../lib/single-flight.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { Database } from '../../store/database.ts'
import type { Alarm } from './alarm.ts'
import { buildSnapshot } from './build-snapshot.ts'
import type { Overrides } from './overrides.ts'
import type { PublisherStore } from './publisher-store.ts'
import { reconcileDatabase } from './reconcile-database.ts'
import { stopDueExperiments } from './stop-due-experiments.ts'
import { getDatabaseVersion } from './switch-off.ts'

/** A reader's question makes the Publisher read D1 again when the last read is older than this. */
export const CHECK_AFTER_MS = 5_000
/** A reader's question waits this long for D1. */
const QUESTION_DEADLINE_MS = 500
/** A call to D1 that does not answer within this time counts as failed, or it would block publishing for ever. */
export const D1_DEADLINE_MS = 10_000

type Parts = {
  readonly store: PublisherStore
  readonly overrides: Overrides
  readonly alarm: Alarm
  /** Throws when D1 belongs to another deployment. */
  readonly database: () => Promise<Database>
  readonly onBuilt: (version: number) => void
}

/** Remembers when the Publisher last read D1, and whether the last attempt succeeded. */
const createProbe = () => {
  let readAt = Number.NEGATIVE_INFINITY
  let isReadable = true
  return {
    age: () => elapsedSince(readAt),
    isReadable: () => isReadable,
    /** @param at when the read began: D1 may have changed since */
    noteRead: (at: number) => void (readAt = at),
    setReadable: (value: boolean) => void (isReadable = value),
  }
}

/** Builds snapshots from D1, one at a time. */
const createBuilder = (
  { store, overrides, alarm, database, onBuilt }: Parts,
  probe: ReturnType<typeof createProbe>,
) => {
  const build = async (): Promise<void> => {
    const db = await database()
    const at = Date.now()
    const hasNoOverride = overrides.watch()
    const { text, origin, ...snapshot } = await buildSnapshot(db, new Date(at))
    if (!hasNoOverride()) return
    probe.noteRead(at)
    probe.setReadable(true)
    if (store.save(snapshot, text, origin)) onBuilt(snapshot.version)
  }
  const builds = createSingleFlight(() => withDeadline(build(), D1_DEADLINE_MS), D1_DEADLINE_MS)

  /** Builds until the stored version is this one. A build under way may have read D1 too early: then one more follows. */
  const buildUpTo = async (version: number): Promise<void> => {
    for (let count = 0; store.state.version < version && count < 2; count++) await builds.run()
    if (store.state.version < version) throw new Error(`version ${version} cannot be built yet`)
  }

  /** Builds the newest known version. After a failure the alarm tries again. */
  const tryToBuild = async (): Promise<void> => {
    try {
      await buildUpTo(store.state.wanted)
    } catch (error) {
      alarm.countFailure()
      console.error({ event: 'publisher.build_failed', error: describeError(error) })
    }
  }

  return { buildUpTo, tryToBuild }
}

/** Keeps the Publisher's snapshot and D1 in step. */
export const createDatabaseSync = (parts: Parts) => {
  const { store, overrides, alarm, database } = parts
  const probe = createProbe()
  const { buildUpTo, tryToBuild } = createBuilder(parts, probe)

  const reconcile = async (): Promise<void> => {
    const db = await database()
    const at = Date.now()
    const pending = overrides.pending()
    const known = Math.max(getDatabaseVersion(store, overrides), store.state.wanted)
    const published = { text: store.text(), origin: store.origin() }
    const version = await reconcileDatabase(db, known, pending, published)
    store.want(version)
    overrides.remove(pending)
    await buildUpTo(version)
    probe.noteRead(at)
  }
  /** A caller does not join an old run, because its result would be old too. */
  const reconciliations = createSingleFlight(
    () => withDeadline(reconcile(), D1_DEADLINE_MS),
    CHECK_AFTER_MS,
  )

  return {
    /** How long ago D1 was read, in milliseconds. */
    age: probe.age,
    isReadable: probe.isReadable,
    tryToBuild,

    /** Brings pending overrides into D1, then publishes D1. Continues without D1 after the deadline. */
    async tryToReconcile(deadlineMs = QUESTION_DEADLINE_MS): Promise<void> {
      try {
        await withDeadline(reconciliations.run(), deadlineMs)
        probe.setReadable(true)
      } catch (error) {
        probe.setReadable(false)
        if (overrides.pending().length > 0) alarm.countFailure()
        console.warn({ event: 'publisher.d1_unreadable', error: describeError(error) })
      }
    },

    /** Records STOPPED for experiments past their stopAt. Isolates stopped them on time, by their own clocks. */
    async tryToStopDue(): Promise<void> {
      try {
        const stop = async () => stopDueExperiments(await database(), new Date())
        store.want(await withDeadline(stop(), D1_DEADLINE_MS))
      } catch (error) {
        alarm.countFailure()
        console.error({ event: 'publisher.stop_failed', error: describeError(error) })
      }
    },
  }
}
