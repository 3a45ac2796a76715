import { DurableObject } from 'cloudflare:workers'
import { MAX_SNAPSHOT_BYTES } from '../../schema/limits.ts'
import { describeError } from '../describe-error.ts'
import type { Env } from '../env.ts'
import { inTime } from '../in-time.ts'
import type { PublisherAnswer } from '../snapshot/reader.ts'
import { parseSnapshot, type CompiledSnapshot } from '../snapshot/parse.ts'
import { openDatabase } from '../store/database.ts'
import { stopDueExperiments } from '../experiments/schedule.ts'
import { readSnapshotVersion } from '../store/edit.ts'
import { markUsed } from '../store/keys.ts'
import { getPublishedSnapshot, putPublishedSnapshot, readSnapshot } from '../store/snapshot.ts'
import { createKeyUses } from './key-uses.ts'
import { liftVersion } from './set-back.ts'
import { openShelf, type Shelf } from './shelf.ts'
import { createSubscribers, MAX_SUBSCRIBERS } from './subscribers.ts'
import { createWatch } from './watch.ts'

/** KV takes one write a second for a key; a little more leaves room for clocks. */
export const PUT_INTERVAL_MS = 1_100
/** How old the knowledge of D1 may grow before a reader's question makes it look again. */
const LOOK_AFTER_MS = 5_000
/** How long a reader's question waits for D1, a put for KV. */
const LOOK_DEADLINE_MS = 500
const PUT_DEADLINE_MS = 10_000
/** How long D1 may take at all. A call that never answers is let go, or nothing would be published again. */
const D1_DEADLINE_MS = 10_000
/** When unfinished work is taken up again: the first retry, doubled up to the last. */
const RETRY_MS = 2_000
const MAX_RETRY_MS = 30_000

/** From this share of the largest snapshot on, someone should look what grows. */
const ALARMING_SHARE = 0.8

/**
 * The authority on what is published: builds the snapshot from D1, tells the streams, and puts it into KV.
 *
 * Building and delivering are apart. A snapshot is in effect as soon as it is built and stored here, because
 * readers ask here; KV, at most one put a second, only spares them the way. Whatever is unfinished is in
 * `shelf.state`, and an alarm takes it up again for as long as it is.
 */
export class Publisher extends DurableObject<Env> {
  private readonly shelf: Shelf
  private readonly subscribers = createSubscribers()
  private building: Promise<void> | undefined
  private looking: Promise<void> | undefined
  private isDelivering = false
  private lookedAt = Number.NEGATIVE_INFINITY
  private alarmAt = Number.POSITIVE_INFINITY
  private failures = 0
  private isD1Readable = true
  private readonly watch = createWatch()
  private readonly noteUse = createKeyUses((ids, at) =>
    markUsed(openDatabase(this.env.DB), ids, at),
  )

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.shelf = openShelf(ctx.storage)
    void ctx.blockConcurrencyWhile(async () => {
      this.alarmAt = (await ctx.storage.getAlarm()) ?? Number.POSITIVE_INFINITY
    })
  }

  /**
   * Publishes at least this version, which D1 has committed. Idempotent.
   *
   * @returns the version that is published now; smaller than asked for when D1 could not be read, which the alarm
   *   then goes on trying
   */
  async publish(version: number): Promise<number> {
    const isHeld = version <= this.shelf.state.version
    this.shelf.want(version)
    this.wakeIn(RETRY_MS)
    await (isHeld ? this.tryToLook() : this.tryToCatchUp())
    this.ctx.waitUntil(this.deliver())
    return this.shelf.state.version
  }

  /** Answers a reader; when it is long since D1 was looked at, looks first, so that a lost `publish` is found. */
  async newerThan(version: number): Promise<PublisherAnswer> {
    if (this.knowledgeAge() >= LOOK_AFTER_MS) await this.tryToLook()
    const { state } = this.shelf
    return {
      version: state.version,
      snapshot: state.version > version ? this.shelf.text() : null,
      ageMs: this.knowledgeAge(),
    }
  }

  /** Hears that an evaluation key was used; answers before D1 has heard of it. */
  used(keyId: string): void {
    this.ctx.waitUntil(this.noteUse(keyId))
  }

  /** Compares D1, this object and KV, and mends what differs. The cron calls it; nothing else depends on that. */
  async reconcile(): Promise<void> {
    await this.tryToLook(D1_DEADLINE_MS)
    await this.tryToMendKv()
    this.raiseAlarms()
  }

  private async mendKv(): Promise<void> {
    const published = await getPublishedSnapshot(this.env.SNAPSHOTS)
    const version = published === null ? -1 : parseSnapshot(published).version
    if (version !== this.shelf.state.version) {
      this.shelf.delivered(version)
      await this.deliver()
    }
  }

  /** Opens a stream of OFREP events, for a request that the Worker has let in. */
  override async fetch(): Promise<Response> {
    if (this.subscribers.count() >= MAX_SUBSCRIBERS)
      return new Response(null, { status: 503, headers: { 'Retry-After': '30' } })
    const { version } = await this.newerThan(Number.MAX_SAFE_INTEGER)
    return new Response(this.subscribers.subscribe(version), {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    })
  }

  override async alarm(): Promise<void> {
    this.alarmAt = Number.POSITIVE_INFINITY
    if (this.isStopDue()) await this.tryToStopDue()
    await this.tryToCatchUp()
    await this.deliver()
    this.wakeIfUnfinished()
    this.raiseAlarms()
  }

  private raiseAlarms() {
    const { wanted, version, delivered } = this.shelf.state
    const now = Date.now()
    const { isD1Readable } = this
    const facts = { wanted, version, isD1Readable }
    this.watch.publishing(wanted > version || !isD1Readable, now, facts)
    this.watch.delivering(delivered !== version, now, { delivered, version })
  }

  private async tryToMendKv(): Promise<void> {
    try {
      await this.mendKv()
    } catch (error) {
      console.error({ event: 'publisher.kv_unreadable', error: describeError(error) })
    }
  }

  /** Looks at D1, and goes on without it when it does not answer in time. */
  private async tryToLook(deadlineMs = LOOK_DEADLINE_MS): Promise<void> {
    try {
      await inTime(this.look(), deadlineMs)
      this.isD1Readable = true
    } catch (error) {
      this.isD1Readable = false
      console.warn({ event: 'publisher.d1_unreadable', error: describeError(error) })
    }
  }

  /** How long ago D1 was looked at, in milliseconds; infinite when the clock was set back since. */
  private knowledgeAge(): number {
    const age = Date.now() - this.lookedAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  /** Looks whether D1 has something newer; single-flight. */
  private look(): Promise<void> {
    const look = async () => {
      const at = Date.now()
      const newest = Math.max(this.shelf.state.version, this.shelf.state.wanted)
      const db = openDatabase(this.env.DB)
      const version = await readSnapshotVersion(db)
      await this.catchUp(version < newest ? await liftVersion(db, version, newest) : version)
      this.lookedAt = at
    }
    this.looking ??= inTime(look(), D1_DEADLINE_MS).finally(() => (this.looking = undefined))
    return this.looking
  }

  /** Builds until the version is held. A build that was under way may have read D1 too early: then one more. */
  private async catchUp(version: number): Promise<void> {
    for (let builds = 0; this.shelf.state.version < version && builds < 2; builds++) {
      this.building ??= inTime(this.build(), D1_DEADLINE_MS).finally(
        () => (this.building = undefined),
      )
      await this.building
    }
  }

  /** Builds what is wanted; a failure is logged and counted, and an alarm tries again. */
  private async tryToCatchUp(): Promise<void> {
    const { state } = this.shelf
    try {
      await this.catchUp(state.wanted)
      if (state.version < state.wanted) throw new Error(`D1 has no version ${state.wanted}`)
    } catch (error) {
      this.failures++
      console.error({ event: 'publisher.build_failed', error: describeError(error) })
    }
  }

  private async build(): Promise<void> {
    const at = Date.now()
    const snapshot = await readSnapshot(openDatabase(this.env.DB), new Date(at))
    const text = JSON.stringify(snapshot)
    const { length } = new TextEncoder().encode(text)
    if (length > MAX_SNAPSHOT_BYTES * ALARMING_SHARE)
      console.error({ event: 'alarm.snapshot_size', bytes: length, limit: MAX_SNAPSHOT_BYTES })
    if (length > MAX_SNAPSHOT_BYTES)
      throw new Error(`the snapshot has ${length} bytes, ${MAX_SNAPSHOT_BYTES} at most`)
    this.lookedAt = at
    this.isD1Readable = true
    const nextStopAt = nextStopOf(parseSnapshot(text))
    if (!this.shelf.hold({ ...snapshot, nextStopAt }, text)) return
    this.wakeIfUnfinished()
    this.subscribers.announce(snapshot.version)
  }

  /** Writes STOPPED for experiments whose stopAt has come. The edge stopped by its own clock; this is the record. */
  private async tryToStopDue(): Promise<void> {
    try {
      const stopped = stopDueExperiments(openDatabase(this.env.DB), new Date())
      this.shelf.want(await inTime(stopped, D1_DEADLINE_MS))
    } catch (error) {
      this.failures++
      console.error({ event: 'publisher.stop_failed', error: describeError(error) })
    }
  }

  /** Puts the newest snapshot into KV, at most one put a second; what comes meanwhile goes in the next. */
  private async deliver(): Promise<void> {
    const { state } = this.shelf
    if (this.isDelivering || state.delivered === state.version) return
    const sinceLastPut = Date.now() - state.putAt
    if (sinceLastPut >= 0 && sinceLastPut < PUT_INTERVAL_MS)
      return this.wakeIn(PUT_INTERVAL_MS - sinceLastPut)
    this.isDelivering = true
    this.shelf.putStarted(Date.now())
    const { version, builtAt } = state
    try {
      const put = putPublishedSnapshot(this.env.SNAPSHOTS, this.shelf.text(), { version, builtAt })
      await inTime(put, PUT_DEADLINE_MS)
      this.shelf.delivered(version)
      this.failures = 0
    } catch (error) {
      this.failures++
      console.error({ event: 'publisher.put_failed', version, error: describeError(error) })
    }
    this.isDelivering = false
    this.wakeIfUnfinished()
  }

  private isStopDue(): boolean {
    const { nextStopAt } = this.shelf.state
    return nextStopAt !== null && Date.now() >= nextStopAt
  }

  /** Sets the alarm for what is left to do, and for the next experiment that ends. */
  private wakeIfUnfinished() {
    const { wanted, version, delivered, nextStopAt } = this.shelf.state
    if (wanted > version || delivered !== version || this.isStopDue())
      this.wakeIn(
        this.failures === 0
          ? PUT_INTERVAL_MS
          : Math.min(RETRY_MS * 2 ** (this.failures - 1), MAX_RETRY_MS),
      )
    else if (nextStopAt !== null) this.wakeIn(nextStopAt - Date.now())
  }

  /** There is one alarm; the earliest wish wins. */
  private wakeIn(ms: number) {
    const at = Date.now() + ms
    if (at >= this.alarmAt) return
    this.alarmAt = at
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at))
  }
}

/** When the next running experiment of a snapshot ends, in epoch milliseconds; null when none does. */
const nextStopOf = ({ experiments }: CompiledSnapshot): number | null => {
  const stops = Array.from(experiments.values(), ({ status, stopAt }) =>
    status === 'RUNNING' ? stopAt : null,
  ).filter((stopAt) => stopAt !== null)
  return stops.length === 0 ? null : Math.min(...stops)
}

/** The one Publisher. */
export const publisherOf = (env: Env) => env.PUBLISHER.getByName('publisher')
