import { DurableObject } from 'cloudflare:workers'
import type { Env } from '../../env.ts'
import type { RowCounts } from '../../experiments/row-counts.ts'
import { getClientAddress } from '../../lib/client-address.ts'
import { raiseAlarm } from '../../lib/raise-alarm.ts'
import type { PublisherAnswer } from '../../snapshot/reader.ts'
import { markUsed } from '../../store/keys.ts'
import { openOwnDatabase } from '../own-database.ts'
import { createAlarm, RETRY_MS } from './alarm.ts'
import { CHECK_AFTER_MS, createDatabaseSync, D1_DEADLINE_MS } from './database-sync.ts'
import { createKeyUsage } from './key-usage.ts'
import { createKvDelivery } from './kv-delivery.ts'
import { createLagAlarms } from './lag-alarms.ts'
import { openOverrides } from './overrides.ts'
import { openPublisherStore } from './publisher-store.ts'
import { openRowCounts, type RecentRowCounts } from './row-counts.ts'
import { createSubscribers } from './subscribers.ts'
import { getDatabaseVersion, switchOff } from './switch-off.ts'

/** The result of publishing an edit that D1 has committed. */
export type Published = {
  /** The version of D1 that is published now. It is below that of the edit when D1 could not be read. */
  readonly databaseVersion: number
  /** The version in which the edit takes effect: its own, or a later one when an override is ahead of D1. */
  readonly visibleIn: number
}

/** The result of an order to switch a flag off. */
export type SwitchedOff = {
  /** The version in which the flag is off, and the version of D1 that it is based on. */
  readonly version: number
  readonly base: number
  /** Whether the flag was on. */
  readonly changed: boolean
  /** Whether D1 has taken the order over. */
  readonly reconciled: boolean
}

/**
 * The authority on what is published: it builds snapshots from D1, announces them on streams, and puts them into KV.
 *
 *                publish(), or D1 is             built from D1,              put into KV,
 *                found to be newer               in effect at once           at most one a second
 *   ┌─────────┐                     ┌─────────┐                ┌───────────┐
 *   │ CURRENT │ ──────────────────► │ WANTED  │ ─────────────► │   BUILT   │ ──────────────► CURRENT
 *   └─────────┘                     └─────────┘                └───────────┘
 *   wanted = version = delivered    wanted > version           version ≠ delivered
 *
 *                    switchOff(), without D1                   D1 has taken over every order,
 *                                          ┌────────────┐      and its version is past the leap
 *   CURRENT, WANTED or BUILT ────────────► │ OVERRIDDEN │ ─────────────────────────────────────► WANTED
 *                                          └────────────┘
 *                                          an override is pending: nothing is built from D1
 *
 * A snapshot is in effect as soon as it is stored here, because readers ask here. KV only saves them this question.
 * All states are in SQLite, and an alarm is set in every state but CURRENT, so a restart loses nothing. In CURRENT, an
 * alarm is set for the next experiment that ends.
 *
 * publisher-store.ts       the snapshot and the three versions, in SQLite
 * database-sync.ts         the way from D1: when to read it, one build at a time
 * build-snapshot.ts        the snapshot of D1 as text, checked
 * reconcile-database.ts    D1 takes over overrides, and is raised past published versions after a restore
 * stop-due-experiments.ts  STOPPED for experiments past their stopAt
 * switch-off.ts            break-glass: a snapshot with a flag off, made without D1
 * overrides.ts             break-glass orders that D1 has not taken over, in SQLite
 * kv-delivery.ts           the way to KV
 * subscribers.ts           the open streams
 * key-usage.ts             when evaluation keys were used, for D1
 * row-counts.ts            what became of exposures and events in the last hours, in SQLite
 * alarm.ts, lag-alarms.ts  when the object wakes; errors in the log for operators
 */
export class Publisher extends DurableObject<Env> {
  private readonly store = openPublisherStore(this.ctx.storage)
  private readonly overrides = openOverrides(this.ctx.storage)
  private readonly wakeUp = createAlarm(this.ctx)
  private readonly kv = createKvDelivery(this.store, this.wakeUp, () => this.env.SNAPSHOTS)
  private readonly subscribers = createSubscribers(() => this.readVersion())
  private readonly lagAlarms = createLagAlarms()
  private readonly database = createDatabaseSync({
    store: this.store,
    overrides: this.overrides,
    alarm: this.wakeUp,
    database: () => openOwnDatabase(this.env),
    onBuilt: (version) => {
      this.setAlarm()
      this.subscribers.announce(version)
    },
  })
  private readonly rowCounts = openRowCounts(this.ctx.storage)
  private readonly noteKeyUse = createKeyUsage(async (ids, at) =>
    markUsed(await openOwnDatabase(this.env), ids, at),
  )

  /** Publishes at least this version, which D1 has committed. Idempotent. When D1 cannot be read, the alarm tries again. */
  async publish(version: number): Promise<Published> {
    const visibleIn = Math.max(version, this.overrides.versionLeap().least)
    const isStored = version <= this.store.state.version
    this.store.want(version)
    this.wakeUp.scheduleAfter(RETRY_MS)
    await (isStored || this.isOverridden()
      ? this.database.tryToReconcile()
      : this.database.tryToBuild())
    this.ctx.waitUntil(this.kv.deliver())
    return { databaseVersion: getDatabaseVersion(this.store, this.overrides), visibleIn }
  }

  /**
   * Break-glass: switches a flag off now, whether or not D1 answers. The order is durable before this returns, and D1
   * takes it over now or later. Idempotent. Null when no such flag is published.
   */
  async switchOff(key: string, comment: string): Promise<SwitchedOff | null> {
    const done = switchOff(this.store, this.overrides, { key, comment })
    if (!done) return null
    this.wakeUp.scheduleAfter(RETRY_MS)
    raiseAlarm('alarm.break_glass', { key, ...done })
    if (done.changed) this.subscribers.announce(done.version)
    await this.database.tryToReconcile()
    this.ctx.waitUntil(this.kv.deliver())
    const isPending = this.overrides.pending().some((override) => override.key === key)
    return { ...done, reconciled: !isPending }
  }

  /** Answers a reader. It reads D1 first when the last read is old, which finds an edit whose `publish` was lost. */
  async newerThan(version: number): Promise<PublisherAnswer> {
    if (this.database.age() >= CHECK_AFTER_MS) await this.database.tryToReconcile()
    const { state } = this.store
    return {
      version: state.version,
      snapshot: state.version > version ? this.store.text() : null,
      ageMs: this.database.age(),
      overrides: this.overrides.pending().length,
    }
  }

  /** Records that an evaluation key was used. Returns before the write to D1. */
  reportKeyUse(keyId: string): void {
    this.ctx.waitUntil(this.noteKeyUse(keyId))
  }

  /** Adds what an isolate counted. */
  addRowCounts(counts: RowCounts): void {
    this.rowCounts.add(counts)
  }

  /** What became of the exposures of an experiment, and of all events, in the last hours. */
  readRowCounts(experimentKey: string): RecentRowCounts {
    return this.rowCounts.read(experimentKey)
  }

  /** Compares D1, this object and KV, and repairs differences. The cron calls it, and nothing else depends on it. */
  async reconcile(): Promise<void> {
    await this.database.tryToReconcile(D1_DEADLINE_MS)
    await this.kv.repair()
    this.setAlarm()
    this.checkLags()
    this.rowCounts.write()
  }

  /** Opens a stream of OFREP events. The Worker has authenticated the request. */
  override async fetch(request: Request): Promise<Response> {
    const version = await this.readVersion()
    const address = getClientAddress(request)
    if (!this.subscribers.hasRoomFor(address)) return new Response(null, { status: 503 })
    return new Response(this.subscribers.subscribe(version, address), {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    })
  }

  override async alarm(): Promise<void> {
    this.wakeUp.onAlarm()
    if (this.isStopDue()) await this.database.tryToStopDue()
    if (this.isOverridden()) await this.database.tryToReconcile(D1_DEADLINE_MS)
    await this.database.tryToBuild()
    await this.kv.deliver()
    this.setAlarm()
    this.checkLags()
  }

  /** The published version. Reads D1 first when the last read is old and D1 answers. */
  private async readVersion(): Promise<number> {
    return (await this.newerThan(Number.MAX_SAFE_INTEGER)).version
  }

  private isOverridden(): boolean {
    return this.overrides.pending().length > 0
  }

  private isStopDue(): boolean {
    const { nextStopAt } = this.store.state
    return nextStopAt !== null && Date.now() >= nextStopAt
  }

  /** Sets the alarm for unfinished work, or for the next experiment that ends. */
  private setAlarm() {
    const { wanted, version, delivered, nextStopAt } = this.store.state
    if (wanted > version || delivered !== version || this.isStopDue() || this.isOverridden())
      this.wakeUp.retryLater()
    else if (nextStopAt !== null) this.wakeUp.scheduleAfter(nextStopAt - Date.now())
  }

  private checkLags() {
    const { wanted, version, delivered } = this.store.state
    const now = Date.now()
    const isD1Readable = this.database.isReadable()
    const facts = { wanted, version, isD1Readable }
    this.lagAlarms.checkPublishing(wanted > version || !isD1Readable, now, facts)
    this.lagAlarms.checkKv(delivered !== version, now, { delivered, version })
    const keys = [...new Set(this.overrides.pending().map(({ key }) => key))]
    this.lagAlarms.checkOverrides(keys.length > 0, now, { keys })
  }
}
