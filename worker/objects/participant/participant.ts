import { DurableObject } from 'cloudflare:workers'
import { NOTHING_REMOVED, type Erased } from '../../../schema/erasure.ts'
import type { Env } from '../../env.ts'
import { describeError } from '../../lib/describe-error.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import { openDatabase } from '../../store/database.ts'
import type { Editor } from '../../store/edit.ts'
import { eraseUser } from '../../store/erasure.ts'
import type { MergedAssignment } from '../../store/identity.ts'
import { openOwnDatabase } from '../own-database.ts'
import type {
  AssignAnswer,
  AssignCall,
  IdentityState,
  RecordAnswer,
  RecordCall,
  StoredVariants,
} from './calls.ts'
import { buildRowIdPrefix, hashUserId } from './hash-user-id.ts'
import { createAssignmentImport } from './import-assignments.ts'
import { openLinkedIds, type LinkedIds } from './linked-ids.ts'
import { mergeAssignments, type AnonymousAssignments } from './merge-assignments.ts'
import { createOutbox, D1_DEADLINE_MS } from './outbox.ts'
import { openParticipantStore, type ParticipantStore } from './participant-store.ts'
import { assignOnce, needsImport, validateExposures } from './record-exposures.ts'

/**
 * One user: their variants, for ever, and their exposures and events until D1 has them.
 *
 *   ┌───────┐  assign(), record(), mergeAssignments(), queueMerge()  ┌─────────┐  alarm: sends the oldest rows ──┐
 *   │ EMPTY │ ─────────────────────────────────────────────────────► │ PENDING │                                 │
 *   └───────┘ ◄───────────────────────────────────────────────────── └─────────┘ ◄── D1 failed: tries later ─────┘
 *   the outbox is empty          D1 has committed every row
 *
 *   Once, in either state:
 *     not imported ── first request that needs D1's assignments ──► imported
 *     user id      ── claimAnonymousId(), at the first sign-in  ──► anonymous id of an owner, for ever
 *     any          ── erase(): outbox sent, rows deleted in D1  ──► no storage: the id is a new user
 *
 * An answer acknowledges rows that are in this object's SQLite: the output gate holds it until they are durable. An
 * alarm sends the rows until D1 has committed them. Row ids make sending twice harmless.
 *
 * calls.ts               the calls from the Worker, and their answers
 * participant-store.ts   assignments and rows, in SQLite: assigned.ts, queue.ts, seen-names.ts
 * linked-ids.ts          other ids of the same person, in SQLite
 * tables.ts              the tables, and earlier-tables.ts those of earlier versions
 * record-exposures.ts    check and insert of assignments and exposures
 * merge-assignments.ts   the user's side of a sign-in merge
 * import-assignments.ts  assignments that D1 had before this object
 * outbox.ts              the way to D1
 * hash-user-id.ts        the name of the object
 */
export class Participant extends DurableObject<Env> {
  /** Replaced when the user is removed, so that work for the removed user cannot write into the new storage. */
  private opened: { readonly store: ParticipantStore; readonly linkedIds: LinkedIds } | undefined
  private readonly database = () => openDatabase(this.env.DB)
  private readonly outbox = createOutbox(
    this.ctx,
    () => this.store,
    () => openOwnDatabase(this.env),
  )
  private readonly tryToImport = createAssignmentImport(
    () => this.store,
    () => this.opened?.store,
    this.database,
  )

  /** A crash while rows are sent can lose the alarm, so it is set again. */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (this.store.hasPending()) this.outbox.sendSoon()
  }

  private get memory() {
    const { storage } = this.ctx
    if (this.opened) return this.opened
    const store = openParticipantStore(storage)
    return (this.opened = { store, linkedIds: openLinkedIds(storage, store.tables) })
  }

  private get store(): ParticipantStore {
    return this.memory.store
  }

  private get linkedIds(): LinkedIds {
    return this.memory.linkedIds
  }

  /**
   * Removes this user: sends all rows to D1, so that they are counted as removed, deletes them there, and then deletes
   * this object's storage. Undefined when a step failed, or when a sign-in has added an anonymous id that only this
   * object knows. A repeated call continues.
   */
  async erase(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    return this.eraseInTurn(userId, editor, () => this.linkedIds.countLinks())
  }

  /** The names of the objects of this user's anonymous ids. They must be removed before the user. */
  listAnonymousObjects(): string[] {
    return this.linkedIds.listAnonymousObjects()
  }

  /** Marks objects of anonymous ids as removed. */
  markRemoved(objectNames: readonly string[]): void {
    this.linkedIds.markRemoved(objectNames)
  }

  /** Removes this anonymous id if the user owns it. The user's object counts the link between the two. */
  async eraseIfOwnedBy(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    const owner = this.linkedIds.findOwner()
    return owner?.userId === userId
      ? this.eraseInTurn(owner.anonymousId, editor, () => 0)
      : NOTHING_REMOVED
  }

  /**
   * The assignments of this id, and whether it has an owner or anonymous ids of its own: no user may sign in with
   * another user's anonymous id. Undefined when D1 cannot be read, since D1 may have more assignments.
   */
  async getIdentityState(userId: string): Promise<IdentityState | undefined> {
    if (!(await this.tryToImport(userId))) return undefined
    return {
      isAnonymous: this.linkedIds.findOwner() !== undefined,
      hasAnonymous: this.linkedIds.listAnonymousObjects().length > 0,
      assignments: this.store.listAssignments(),
    }
  }

  /** Gives this anonymous id to the first user who signs in with it, and returns its owner. */
  claimAnonymousId(anonymousId: string, userId: string): string {
    return this.linkedIds.claimAnonymousId(anonymousId, userId)
  }

  /** Takes over the assignments of an anonymous id; null when this id has become an anonymous id itself. */
  mergeAssignments(anonymous: AnonymousAssignments): MergedAssignment[] | null {
    if (this.linkedIds.findOwner()) return null
    const merged = mergeAssignments(this.store, this.linkedIds, anonymous, Date.now())
    this.outbox.sendSoon()
    return merged
  }

  /** Queues the merge of this anonymous id with its owner for D1, behind all rows that the merge moves. */
  queueMerge(experiments: readonly MergedAssignment[]): void {
    const owner = this.linkedIds.findOwner()
    if (!owner) return
    this.store.queueMerge({
      ...owner,
      prefix: buildRowIdPrefix(owner.anonymousId),
      at: Date.now(),
      experiments,
    })
    this.linkedIds.markMerged(experiments.map(({ experimentKey }) => experimentKey))
    this.outbox.sendSoon()
  }

  /** Makes the first assignment and logs its exposure, or returns the existing one. */
  async assign(call: AssignCall): Promise<AssignAnswer> {
    const isAssigned = this.store.findAssignment(call.experimentKey) !== undefined
    const hasImported = isAssigned || call.isCertain || (await this.tryToImport(call.userId))
    if (!hasImported && !call.isBucketed) return undefined
    const answer = assignOnce(this.store, call, Date.now())
    if (answer?.isNew) this.outbox.sendSoon()
    return answer
  }

  /**
   * The user's variants in these experiments, and whether that is complete. This object knows what was assigned or
   * merged here. Only assignments that an import or a restore put into D1 need a read of D1.
   */
  async readVariants(
    userId: string,
    experimentKeys: readonly string[],
    isInD1: boolean,
  ): Promise<StoredVariants> {
    const read = () =>
      new Map(
        experimentKeys.flatMap((key) => {
          const assignment = this.store.findAssignment(key)
          return assignment ? [[key, assignment.variant]] : []
        }),
      )
    const isComplete =
      !isInD1 || read().size === experimentKeys.length || (await this.tryToImport(userId))
    return { variants: read(), isComplete }
  }

  /** Records exposures, then events. The answer has one entry for each, in this order. */
  async record({ userId, exposures, events }: RecordCall): Promise<RecordAnswer> {
    const hasImported = !needsImport(this.store, exposures) || (await this.tryToImport(userId))
    const decisions = [
      ...validateExposures(this.store, this.linkedIds, exposures, hasImported),
      ...events.map((row) => ({ row })),
    ]
    const entries = decisions.filter((decision) => typeof decision === 'object')
    const recorded = this.store.record(entries, Date.now())
    if (recorded.includes(true)) this.outbox.sendSoon()
    const isNew = recorded.values()
    return decisions.map((decision) =>
      typeof decision === 'string' ? decision : isNew.next().value ? 'accepted' : 'duplicate',
    )
  }

  override alarm(): Promise<void> {
    return this.outbox.onAlarm()
  }

  private async eraseInTurn(userId: string, editor: Editor, countLinks: () => number) {
    try {
      return await this.outbox.inTurn(() => this.eraseNow(userId, editor, countLinks))
    } catch (error) {
      console.error({ event: 'participant.erase_failed', error: describeError(error) })
      return undefined
    }
  }

  private async eraseNow(
    userId: string,
    editor: Editor,
    countLinks: () => number,
  ): Promise<Erased['removed']> {
    await this.outbox.sendAll()
    const erasing = eraseUser(this.database(), userId, hashUserId(userId), countLinks(), editor)
    const removed = await withDeadline(erasing, D1_DEADLINE_MS)
    if (this.linkedIds.listAnonymousObjects().length > 0)
      throw new Error('a sign-in has added an anonymous id')
    await this.ctx.blockConcurrencyWhile(async () => {
      await this.outbox.forget()
      await this.ctx.storage.deleteAll()
      this.opened = undefined
    })
    return removed
  }
}
