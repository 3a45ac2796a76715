import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { DurableObject } from 'cloudflare:workers'
import type { Erased } from '../../schema/erasure.ts'
import type { RejectionCode } from '../../schema/participation.ts'
import { describeError } from '../describe-error.ts'
import type { Env } from '../env.ts'
import { inTime } from '../in-time.ts'
import { openDatabase } from '../store/database.ts'
import type { Editor } from '../store/edit.ts'
import { eraseUser } from '../store/erasure.ts'
import { mergeParticipants, type Inheritance } from '../store/identity.ts'
import {
  listAssignments,
  writeParticipation,
  type EventRow,
  type ExposureRow,
} from '../store/participation.ts'
import { inherit, type Anonymous, type Assigned } from './inherit.ts'
import { openKinship, type Kinship } from './kinship.ts'
import { openLedger, type Entry, type Ledger, type Pending } from './ledger.ts'

/** Rows gather this long before they go to D1 together. */
const DRAIN_AFTER_MS = 500
/** After a failure: the first retry, doubled up to the last. */
const RETRY_MS = 1_000
const MAX_RETRY_MS = 60_000
/** Rows that go to D1 in one transaction: D1 takes 2 MB a parameter, and a row may have 2.5 KB as JSON. */
const DRAIN_ROWS = 500
/** How long a transaction may take before it counts as failed; if it is committed after all, that does no harm. */
const D1_DEADLINE_MS = 10_000
/** How long rows may wait for a D1 that refuses them before that is an alarm. */
export const OUTBOX_AGE_MS = 5 * 60_000
/** How long the first touch of a user waits for D1. */
const ADOPT_DEADLINE_MS = 400

export type AssignCall = {
  readonly userId: string
  readonly experimentKey: string
  /** What the user gets if nothing is assigned yet. */
  readonly bucketVariant: string
  /** Whether that is what every assignment of the experiment says: then D1 need not be asked first. */
  readonly isBucketed: boolean
  /** Made once by the caller, and sent again with a retry: tells it that the assignment was its own. */
  readonly requestId: string
  /** Epoch milliseconds. Whoever comes later has been answered otherwise, and nothing may be written for it. */
  readonly expiresAt: number
}

/** Undefined when nothing could be said in time, or without D1. */
export type AssignAnswer = { readonly variant: string; readonly isNew: boolean } | undefined

export type RecordCall = {
  readonly userId: string
  /** `bucketVariant` is what an unassigned user would get now; null when the experiment assigns nobody now. */
  readonly exposures: readonly (ExposureRow & {
    bucketVariant: string | null
    isBucketed: boolean
  })[]
  readonly events: readonly EventRow[]
}

export type Standing = {
  readonly isAnonymous: boolean
  readonly hasAnonymous: boolean
  readonly assignments: readonly Assigned[]
}

/** Why a row is not recorded. */
type Refusal = RejectionCode | 'UNAVAILABLE'

export type RecordAnswer = readonly ('accepted' | 'duplicate' | Refusal)[]

/**
 * One user: who has which variant for ever, and what they saw and did until D1 has it.
 *
 * What is acknowledged is in this object's SQLite (the output gate holds an answer until it is), and an alarm sends
 * it to D1 until D1 has committed it. The row ids make sending twice harmless.
 */
export class Participant extends DurableObject<Env> {
  /** Another one after the person was removed: what was under way for the old one must not touch the new. */
  private opened: { readonly ledger: Ledger; readonly kinship: Kinship } | undefined
  /** What talks to D1 about rows does so one after another. */
  private turn: Promise<unknown> = Promise.resolve()
  private adopting: Promise<void> | undefined
  private isDrainDue = false
  private failures = 0
  private failingSince: number | undefined

  /** Whoever died in mid-drain may have taken the alarm along. */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (this.ledger.pending(1)) this.drainSoon()
  }

  private get memory() {
    const { storage } = this.ctx
    return (this.opened ??= { ledger: openLedger(storage), kinship: openKinship(storage) })
  }

  private get ledger(): Ledger {
    return this.memory.ledger
  }

  private get kinship(): Kinship {
    return this.memory.kinship
  }

  /**
   * Removes this person: first sends what is left to D1, so that all of it is counted as removed, then deletes it
   * there, then everything here. Undefined when something failed in between: asking again goes on.
   */
  async erase(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    try {
      return await this.inTurn(() => this.eraseNow(userId, editor))
    } catch (error) {
      console.error({ event: 'participant.erase_failed', error: describeError(error) })
      return undefined
    }
  }

  /** The names of the objects of this user's anonymous ids: who removes the person removes these first. */
  anonymousObjects(): string[] {
    return this.kinship.anonymous()
  }

  /** Removes this anonymous id, if it still is that user's. */
  async eraseOwnedBy(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    const owner = this.kinship.owner()
    return owner?.userId === userId
      ? this.erase(owner.anonymousId, editor)
      : { assignments: 0, exposures: 0, events: 0 }
  }

  /**
   * Of a user: what they have, and whether this id was somebody's anonymous one, so that nobody signs in with it.
   * Undefined when that cannot be known.
   */
  async standing(userId: string): Promise<Standing | undefined> {
    if (!(await this.adoptInTime(userId))) return undefined
    return {
      isAnonymous: this.kinship.owner() !== undefined,
      hasAnonymous: this.kinship.anonymous().length > 0,
      assignments: this.ledger.assignments(),
    }
  }

  /** Gives this anonymous id to the first user who signs in with it; tells whose it is. */
  giveTo(anonymousId: string, userId: string): string {
    return this.kinship.giveTo(anonymousId, userId)
  }

  /** Takes over what an anonymous person had; null when this id is an anonymous one itself by now. */
  inherit(anonymous: Anonymous): Inheritance[] | null {
    if (this.kinship.owner()) return null
    const inherited = inherit(this.ledger, this.kinship, anonymous, Date.now())
    this.drainSoon()
    return inherited
  }

  /** Sends D1 the word that this anonymous id and its owner are one person, behind all rows that it is about. */
  handOver(experiments: readonly Inheritance[]): void {
    const owner = this.kinship.owner()
    if (!owner) return
    this.ledger.merge({
      ...owner,
      prefix: prefixOf(owner.anonymousId),
      at: Date.now(),
      experiments,
    })
    this.kinship.markMerged(experiments.map(({ experimentKey }) => experimentKey))
    this.drainSoon()
  }

  /** Makes the first assignment and logs its exposure, or tells the one that there is. */
  async assign(call: AssignCall): Promise<AssignAnswer> {
    const isAdopted = await this.adoptInTime(call.userId)
    return isAdopted || call.isBucketed ? this.assignNow(call) : undefined
  }

  /**
   * The variants that the user has, of the experiments that are named; undefined when that cannot be known. What was
   * inherited is known here; only what an import or a restore put into D1 takes a look there.
   */
  async variants(
    userId: string,
    experimentKeys: readonly string[],
    isInD1: boolean,
  ): Promise<Map<string, string> | undefined> {
    if (isInD1 && !(await this.adoptInTime(userId))) return undefined
    return new Map(
      experimentKeys.flatMap((key) => {
        const known = this.ledger.variantOf(key)
        return known ? [[key, known.variant]] : []
      }),
    )
  }

  /** Takes exposures, then events; answers one by one, in that order. */
  async record({ userId, exposures, events }: RecordCall): Promise<RecordAnswer> {
    const isAdopted = exposures.length === 0 || (await this.adoptInTime(userId))
    const judged = [...this.judge(exposures, isAdopted), ...events.map((row) => ({ row }))]
    const entries = judged.filter((each) => typeof each === 'object')
    const isNew = this.ledger.record(entries, Date.now()).values()
    this.drainSoon()
    return judged.map((each) =>
      typeof each === 'string' ? each : isNew.next().value ? 'accepted' : 'duplicate',
    )
  }

  /** Sends the outbox to D1, and comes back for as long as something is left. Never throws: alarms give up. */
  override async alarm(): Promise<void> {
    this.isDrainDue = false
    try {
      await this.inTurn(() => this.drain())
      this.failures = 0
      this.failingSince = undefined
    } catch (error) {
      this.failures++
      const { failures } = this
      console.error({ event: 'participant.drain_failed', failures, error: describeError(error) })
      this.raiseAlarm(Date.now())
      this.drainSoon(Math.min(RETRY_MS * 2 ** (failures - 1), MAX_RETRY_MS))
    }
  }

  /** Check and insert: synchronous, so that no other request can come between. */
  private assignNow({
    userId,
    experimentKey,
    bucketVariant,
    requestId,
    expiresAt,
  }: AssignCall): AssignAnswer {
    const known = this.ledger.variantOf(experimentKey)
    if (known) return { variant: known.variant, isNew: known.requestId === requestId }
    const at = Date.now()
    if (at >= expiresAt) return undefined
    this.ledger.assign({ experimentKey, userId, variant: bucketVariant, at }, requestId)
    const exposure = {
      id: `first:${experimentKey}`,
      experimentKey,
      userId,
      variant: bucketVariant,
      at,
    }
    this.ledger.record([{ row: exposure }], at)
    this.drainSoon()
    return { variant: bucketVariant, isNew: true }
  }

  /**
   * What is to be recorded of exposures, and why not. Taken are those of the variant that the user has; of the
   * bucket's, when the user has none yet: that assigns it.
   */
  private judge(exposures: RecordCall['exposures'], isAdopted: boolean) {
    const variants = new Map(
      this.ledger.assignments().map(({ experimentKey, variant }) => [experimentKey, variant]),
    )
    const owner = this.kinship.owner()
    const merged = owner ? this.kinship.merged() : new Set<string>()
    return exposures.map(({ bucketVariant, isBucketed, ...row }): Entry | Refusal => {
      const known = variants.get(row.experimentKey)
      if (known === undefined && !isAdopted && !isBucketed) return 'UNAVAILABLE'
      if (row.variant !== (known ?? bucketVariant)) return 'VARIANT_MISMATCH'
      if (known === undefined) {
        this.ledger.assign(row, row.id)
        variants.set(row.experimentKey, row.variant)
      }
      return owner && merged.has(row.experimentKey)
        ? { row, sent: { ...row, userId: owner.userId, id: prefixOf(row.userId) + row.id } }
        : { row }
    })
  }

  /**
   * On the first touch, takes over what D1 knows of the user (imports, restores); tells whether that was done. A
   * question that D1 leaves open is let go, so that the next touch asks again.
   */
  private async adoptInTime(userId: string): Promise<boolean> {
    if (this.ledger.isAdopted()) return true
    const { ledger } = this
    const adopt = async () => {
      const assignments = await listAssignments(openDatabase(this.env.DB), userId)
      if (ledger === this.opened?.ledger) ledger.adopt(assignments)
    }
    const adopting = (this.adopting ??= adopt())
    try {
      await inTime(adopting, ADOPT_DEADLINE_MS)
      return true
    } catch (error) {
      if (this.adopting === adopting) this.adopting = undefined
      console.warn({ event: 'participant.adoption_late', error: describeError(error) })
      return this.ledger.isAdopted()
    }
  }

  /** Each object says it once an outage, however long that is: everybody's objects do. */
  private raiseAlarm(now: number) {
    this.failingSince ??= now
    const ms = now - this.failingSince
    if (ms < OUTBOX_AGE_MS) return
    console.error({ event: 'alarm.outbox_age', seconds: Math.floor(ms / 1000) })
    this.failingSince = Number.POSITIVE_INFINITY
  }

  private async eraseNow(userId: string, editor: Editor): Promise<Erased['removed']> {
    await this.drain()
    const erasing = eraseUser(openDatabase(this.env.DB), userId, hashOf(userId), editor)
    const removed = await inTime(erasing, D1_DEADLINE_MS)
    await this.ctx.blockConcurrencyWhile(async () => {
      await this.ctx.storage.deleteAlarm()
      await this.ctx.storage.deleteAll()
      this.opened = undefined
      this.isDrainDue = false
    })
    return removed
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work)
    this.turn = mine.catch(() => undefined)
    return mine
  }

  private async drain(): Promise<void> {
    for (;;) {
      const pending = this.ledger.pending(DRAIN_ROWS)
      if (!pending) return
      await inTime(this.deliver(pending), D1_DEADLINE_MS)
      this.ledger.confirm(pending.upTo, Date.now())
    }
  }

  private deliver(pending: Pending): Promise<void> {
    const db = openDatabase(this.env.DB)
    return 'merge' in pending
      ? mergeParticipants(db, pending.merge)
      : writeParticipation(db, pending.rows)
  }

  /** Sets the alarm in the same turn as the write it is for: the two are committed together, or not at all. */
  private drainSoon(ms = DRAIN_AFTER_MS) {
    if (this.isDrainDue) return
    this.isDrainDue = true
    this.ctx.waitUntil(this.ctx.storage.setAlarm(Date.now() + ms))
  }
}

/** What stands for a user id where it must not stand itself. */
export const hashOf = (userId: string) => bytesToHex(sha256(utf8ToBytes(`participant:${userId}`)))

/** Put before the ids of an anonymous person's rows, so that none of them is the user's own id of another row. */
const prefixOf = (anonymousId: string) => `${hashOf(anonymousId)}/`

/** The object of one user. Named by a hash: names are kept and shown by the platform, user ids must not be. */
export const participantOf = (env: Env, userId: string) => env.PARTICIPANT.getByName(hashOf(userId))
