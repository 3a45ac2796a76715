import { DurableObject } from 'cloudflare:workers'
import { describeError } from '../../lib/describe-error.ts'
import type { Env } from '../../env.ts'
import { stopDueExperiments } from './stop-due-experiments.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import type { PublisherAnswer } from '../../snapshot/reader.ts'
import { openDatabase } from '../../store/database.ts'
import { markUsed } from '../../store/keys.ts'
import { getClientAddress } from '../../lib/client-address.ts'
import { reconcileDatabase } from './reconcile-database.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { createKvDelivery } from './kv-delivery.ts'
import { createKeyUsage } from './key-usage.ts'
import { openOverrides, type Overrides } from './overrides.ts'
import { openPublisherStore, type PublisherStore } from './publisher-store.ts'
import { createSubscribers } from './subscribers.ts'
import { publishedDatabaseVersion, switchOff } from './switch-off.ts'
import { createAlarm, RETRY_MS, type Alarm } from './alarm.ts'
import { createLagAlarms } from './lag-alarms.ts'

/** How old the knowledge of D1 may grow before a reader's question makes it look again. */
const LOOK_AFTER_MS = 5_000
/** How long a reader's question waits for D1. */
const LOOK_DEADLINE_MS = 500
/** How long D1 may take at all. A call that never answers is let go, or nothing would be published again. */
const D1_DEADLINE_MS = 10_000

/** What became of an edit that D1 has committed. */
export type Published = {
  /** The version of D1 that is in effect now; smaller than that of the edit when D1 could not be read. */
  readonly contained: number
  /** The version in which the edit is seen: its own, unless versions were made here meanwhile that D1 is behind. */
  readonly visibleIn: number
}

/** What became of an order to switch a flag off. */
export type SwitchedOff = {
  /** The version in which it is off, and that of D1 which it was put on top of. */
  readonly version: number
  readonly base: number
  /** Whether it was on. */
  readonly changed: boolean
  /** Whether D1 has taken it over. */
  readonly reconciled: boolean
}

/**
 * The authority on what is published: builds the snapshot from D1, tells the streams, and puts it into KV.
 *
 * Building and delivering are apart. A snapshot is in effect as soon as it is built and stored here, because
 * readers ask here; KV, at most one put a second, only spares them the way. Whatever is unfinished is in
 * `shelf.state` and `overrides`, and an alarm takes it up again for as long as it is.
 *
 * A flag can be switched off here without D1. From then on until D1 has taken that over nothing is built: whatever
 * comes from D1 afterwards has the flag off, or on by the hand of someone who edited it later.
 */
export class Publisher extends DurableObject<Env> {
  private readonly shelf: PublisherStore
  private readonly overrides: Overrides
  private readonly waker: Alarm
  private readonly delivery: ReturnType<typeof createKvDelivery>
  private readonly subscribers = createSubscribers()
  private readonly watch = createLagAlarms()
  private building: Promise<void> | undefined
  private looking: { readonly at: number; readonly work: Promise<void> } | undefined
  private lookedAt = Number.NEGATIVE_INFINITY
  private isD1Readable = true
  private readonly noteUse = createKeyUsage((ids, at) =>
    markUsed(openDatabase(this.env.DB), ids, at),
  )

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.shelf = openPublisherStore(ctx.storage)
    this.overrides = openOverrides(ctx.storage)
    this.waker = createAlarm(ctx)
    this.delivery = createKvDelivery(this.shelf, this.waker, () => this.env.SNAPSHOTS)
  }

  /**
   * Publishes at least this version, which D1 has committed. Idempotent. When D1 cannot be read now, the alarm goes on
   * trying.
   */
  async publish(version: number): Promise<Published> {
    const visibleIn = Math.max(version, this.overrides.leap().least)
    const isHeld = version <= this.shelf.state.version
    this.shelf.want(version)
    this.waker.wakeIn(RETRY_MS)
    await (isHeld || this.isOverridden() ? this.tryToLook() : this.tryToCatchUp())
    this.ctx.waitUntil(this.delivery.deliver())
    return { contained: publishedDatabaseVersion(this.shelf, this.overrides), visibleIn }
  }

  /**
   * Breaks the glass: switches a flag off here and now, whether or not D1 answers. It is durable before this returns;
   * D1 takes it over at once or later. Idempotent. Null when no such flag is published.
   */
  async switchOff(key: string, comment: string): Promise<SwitchedOff | null> {
    const done = switchOff(this.shelf, this.overrides, { key, comment })
    if (!done) return null
    this.waker.wakeIn(RETRY_MS)
    console.error({ event: 'alarm.break_glass', key, ...done })
    if (done.changed) this.subscribers.announce(done.version)
    await this.tryToLook()
    this.ctx.waitUntil(this.delivery.deliver())
    const isPending = this.overrides.pending().some((override) => override.key === key)
    return { ...done, reconciled: !isPending }
  }

  /** Answers a reader; when it is long since D1 was looked at, looks first, so that a lost `publish` is found. */
  async newerThan(version: number): Promise<PublisherAnswer> {
    if (this.knowledgeAge() >= LOOK_AFTER_MS) await this.tryToLook()
    const { state } = this.shelf
    return {
      version: state.version,
      snapshot: state.version > version ? this.shelf.text() : null,
      ageMs: this.knowledgeAge(),
      overrides: this.overrides.pending().length,
    }
  }

  /** Hears that an evaluation key was used; answers before D1 has heard of it. */
  reportKeyUse(keyId: string): void {
    this.ctx.waitUntil(this.noteUse(keyId))
  }

  /** Compares D1, this object and KV, and mends what differs. The cron calls it; nothing else depends on that. */
  async reconcile(): Promise<void> {
    await this.tryToLook(D1_DEADLINE_MS)
    await this.delivery.mend()
    this.wakeIfUnfinished()
    this.raiseAlarms()
  }

  /** Opens a stream of OFREP events, for a request that the Worker has let in. */
  override async fetch(request: Request): Promise<Response> {
    const { version } = await this.newerThan(Number.MAX_SAFE_INTEGER)
    const visitor = getClientAddress(request)
    if (!this.subscribers.hasRoomFor(visitor)) return new Response(null, { status: 503 })
    return new Response(this.subscribers.subscribe(version, visitor), {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    })
  }

  override async alarm(): Promise<void> {
    this.waker.rang()
    if (this.isStopDue()) await this.tryToStopDue()
    if (this.isOverridden()) await this.tryToLook(D1_DEADLINE_MS)
    await this.tryToCatchUp()
    await this.delivery.deliver()
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
    const keys = [...new Set(this.overrides.pending().map(({ key }) => key))]
    this.watch.overriding(keys.length > 0, now, { keys })
  }

  private isOverridden(): boolean {
    return this.overrides.pending().length > 0
  }

  /** Looks at D1, and goes on without it when it does not answer in time. */
  private async tryToLook(deadlineMs = LOOK_DEADLINE_MS): Promise<void> {
    try {
      await withDeadline(this.look(), deadlineMs)
      this.isD1Readable = true
    } catch (error) {
      this.isD1Readable = false
      if (this.isOverridden()) this.waker.failed()
      console.warn({ event: 'publisher.d1_unreadable', error: describeError(error) })
    }
  }

  /** How long ago D1 was looked at, in milliseconds; infinite when the clock was set back since. */
  private knowledgeAge(): number {
    const age = Date.now() - this.lookedAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  /**
   * Looks whether D1 has something newer, and brings it what it missed. Single-flight; but what a look that began long
   * ago will find is old, if it ends at all: it is not waited for again.
   */
  private look(): Promise<void> {
    const at = Date.now()
    const age = at - (this.looking?.at ?? Number.NEGATIVE_INFINITY)
    if (this.looking && age >= 0 && age < LOOK_AFTER_MS) return this.looking.work
    const look = async () => {
      const overrides = this.overrides.pending()
      const known = Math.max(
        publishedDatabaseVersion(this.shelf, this.overrides),
        this.shelf.state.wanted,
      )
      const version = await reconcileDatabase(openDatabase(this.env.DB), known, overrides, {
        text: this.shelf.text(),
        origin: this.shelf.origin(),
      })
      this.shelf.want(version)
      this.overrides.drop(overrides)
      await this.catchUp(version)
      this.lookedAt = at
    }
    const work = withDeadline(look(), D1_DEADLINE_MS).finally(() => {
      if (this.looking?.work === work) this.looking = undefined
    })
    this.looking = { at, work }
    return work
  }

  /** Builds until the version is held. A build that was under way may have read D1 too early: then one more. */
  private async catchUp(version: number): Promise<void> {
    const { state } = this.shelf
    for (let builds = 0; state.version < version && builds < 2; builds++) {
      this.building ??= withDeadline(this.build(), D1_DEADLINE_MS).finally(
        () => (this.building = undefined),
      )
      await this.building
    }
    if (state.version < version) throw new Error(`version ${version} cannot be built yet`)
  }

  /** Builds what is wanted; a failure is logged and counted, and an alarm tries again. */
  private async tryToCatchUp(): Promise<void> {
    try {
      await this.catchUp(this.shelf.state.wanted)
    } catch (error) {
      this.waker.failed()
      console.error({ event: 'publisher.build_failed', error: describeError(error) })
    }
  }

  private async build(): Promise<void> {
    const at = Date.now()
    const isFree = this.overrides.watch()
    const { text, origin, ...snapshot } = await buildSnapshot(
      openDatabase(this.env.DB),
      new Date(at),
    )
    if (!isFree()) return
    this.lookedAt = at
    this.isD1Readable = true
    if (!this.shelf.hold(snapshot, text, origin)) return
    this.wakeIfUnfinished()
    this.subscribers.announce(snapshot.version)
  }

  /** Writes STOPPED for experiments whose stopAt has come. The edge stopped by its own clock; this is the record. */
  private async tryToStopDue(): Promise<void> {
    try {
      const stopped = stopDueExperiments(openDatabase(this.env.DB), new Date())
      this.shelf.want(await withDeadline(stopped, D1_DEADLINE_MS))
    } catch (error) {
      this.waker.failed()
      console.error({ event: 'publisher.stop_failed', error: describeError(error) })
    }
  }

  private isStopDue(): boolean {
    const { nextStopAt } = this.shelf.state
    return nextStopAt !== null && Date.now() >= nextStopAt
  }

  /** Sets the alarm for what is left to do, and for the next experiment that ends. */
  private wakeIfUnfinished() {
    const { wanted, version, delivered, nextStopAt } = this.shelf.state
    if (wanted > version || delivered !== version || this.isStopDue() || this.isOverridden())
      this.waker.wakeAgain()
    else if (nextStopAt !== null) this.waker.wakeIn(nextStopAt - Date.now())
  }
}

/** The one Publisher. */
export const getPublisher = (env: Env) => env.PUBLISHER.getByName('publisher')
