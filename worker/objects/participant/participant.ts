import { DurableObject } from 'cloudflare:workers'
import { NOTHING_REMOVED, type Erased } from '../../../schema/erasure.ts'
import { describeError } from '../../lib/describe-error.ts'
import type { Env } from '../../env.ts'
import { withDeadline } from '../../lib/with-deadline.ts'
import { openDatabase } from '../../store/database.ts'
import type { Editor } from '../../store/edit.ts'
import { eraseUser } from '../../store/erasure.ts'
import type { MergedAssignment } from '../../store/identity.ts'
import { createAssignmentImport } from './import-assignments.ts'
import { mergeAssignments, type Anonymous } from './merge-assignments.ts'
import { assignOnce, validateExposures } from './record-exposures.ts'
import { openLinkedIds, type LinkedIds } from './linked-ids.ts'
import { openParticipantStore, type ParticipantStore } from './participant-store.ts'
import { hashUserId, buildRowIdPrefix } from './hash-user-id.ts'
import { createOutbox, D1_DEADLINE_MS } from './outbox.ts'
import type {
  AssignAnswer,
  AssignCall,
  StoredVariants,
  RecordAnswer,
  RecordCall,
  IdentityState,
} from './calls.ts'

/**
 * One user: who has which variant for ever, and what they saw and did until D1 has it.
 *
 * What is acknowledged is in this object's SQLite (the output gate holds an answer until it is), and an alarm sends
 * it to D1 until D1 has committed it. The row ids make sending twice harmless.
 */
export class Participant extends DurableObject<Env> {
  /** Another one after the person was removed: what was under way for the old one must not touch the new. */
  private opened: { readonly ledger: ParticipantStore; readonly kinship: LinkedIds } | undefined
  private readonly database = () => openDatabase(this.env.DB)
  private readonly outbox = createOutbox(this.ctx, () => this.ledger, this.database)
  private readonly adoptInTime = createAssignmentImport(
    () => this.ledger,
    () => this.opened?.ledger,
    this.database,
  )

  /** Whoever died in mid-drain may have taken the alarm along. */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    if (this.ledger.pending(1)) this.outbox.drainSoon()
  }

  private get memory() {
    const { storage } = this.ctx
    return (this.opened ??= {
      ledger: openParticipantStore(storage),
      kinship: openLinkedIds(storage),
    })
  }

  private get ledger(): ParticipantStore {
    return this.memory.ledger
  }

  private get kinship(): LinkedIds {
    return this.memory.kinship
  }

  /**
   * Removes this person: first sends what is left to D1, so that all of it is counted as removed, then deletes it
   * there, then everything here. Undefined when something failed in between, or there is an anonymous id by now whose
   * object only this one knows: asking again goes on.
   */
  async erase(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    return this.eraseInTurn(userId, editor, () => this.kinship.links())
  }

  /** The names of the objects of this user's anonymous ids: who removes the person removes these first. */
  listAnonymousObjects(): string[] {
    return this.kinship.anonymous()
  }

  /** Hears that those were removed. */
  markRemoved(objectNames: readonly string[]): void {
    this.kinship.markRemoved(objectNames)
  }

  /** Removes this anonymous id, if it still is that user's, who counts the tie between the two. */
  async eraseIfOwnedBy(userId: string, editor: Editor): Promise<Erased['removed'] | undefined> {
    const owner = this.kinship.owner()
    return owner?.userId === userId
      ? this.eraseInTurn(owner.anonymousId, editor, () => 0)
      : NOTHING_REMOVED
  }

  /**
   * Of a user: what they have, and whether this id was somebody's anonymous one, so that nobody signs in with it.
   * Undefined when that cannot be known.
   */
  async getIdentityState(userId: string): Promise<IdentityState | undefined> {
    if (!(await this.adoptInTime(userId))) return undefined
    return {
      isAnonymous: this.kinship.owner() !== undefined,
      hasAnonymous: this.kinship.anonymous().length > 0,
      assignments: this.ledger.assignments(),
    }
  }

  /** Gives this anonymous id to the first user who signs in with it; tells whose it is. */
  claimAnonymousId(anonymousId: string, userId: string): string {
    return this.kinship.claimAnonymousId(anonymousId, userId)
  }

  /** Takes over what an anonymous person had; null when this id is an anonymous one itself by now. */
  mergeAssignments(anonymous: Anonymous): MergedAssignment[] | null {
    if (this.kinship.owner()) return null
    const inherited = mergeAssignments(this.ledger, this.kinship, anonymous, Date.now())
    this.outbox.drainSoon()
    return inherited
  }

  /** Sends D1 the word that this anonymous id and its owner are one person, behind all rows that it is about. */
  queueMerge(experiments: readonly MergedAssignment[]): void {
    const owner = this.kinship.owner()
    if (!owner) return
    this.ledger.merge({
      ...owner,
      prefix: buildRowIdPrefix(owner.anonymousId),
      at: Date.now(),
      experiments,
    })
    this.kinship.markMerged(experiments.map(({ experimentKey }) => experimentKey))
    this.outbox.drainSoon()
  }

  /** Makes the first assignment and logs its exposure, or tells the one that there is. */
  async assign(call: AssignCall): Promise<AssignAnswer> {
    const isAssigned = this.ledger.variantOf(call.experimentKey) !== undefined
    const isAdopted = isAssigned || (await this.adoptInTime(call.userId))
    if (!isAdopted && !call.isBucketed) return undefined
    const answer = assignOnce(this.ledger, call, Date.now())
    if (answer?.isNew) this.outbox.drainSoon()
    return answer
  }

  /**
   * The variants that the user has, of the experiments that are named, and whether those are all. What was assigned
   * or inherited here is known; only what an import or a restore put into D1 takes a look there.
   */
  async readVariants(
    userId: string,
    experimentKeys: readonly string[],
    isInD1: boolean,
  ): Promise<StoredVariants> {
    const known = () =>
      new Map(
        experimentKeys.flatMap((key) => {
          const assignment = this.ledger.variantOf(key)
          return assignment ? [[key, assignment.variant]] : []
        }),
      )
    const isComplete =
      !isInD1 || known().size === experimentKeys.length || (await this.adoptInTime(userId))
    return { variants: known(), isComplete }
  }

  /** Takes exposures, then events; answers one by one, in that order. */
  async record({ userId, exposures, events }: RecordCall): Promise<RecordAnswer> {
    const isAdopted = exposures.length === 0 || (await this.adoptInTime(userId))
    const judged = [
      ...validateExposures(this.ledger, this.kinship, exposures, isAdopted),
      ...events.map((row) => ({ row })),
    ]
    const entries = judged.filter((each) => typeof each === 'object')
    const isNew = this.ledger.record(entries, Date.now()).values()
    this.outbox.drainSoon()
    return judged.map((each) =>
      typeof each === 'string' ? each : isNew.next().value ? 'accepted' : 'duplicate',
    )
  }

  override alarm(): Promise<void> {
    return this.outbox.rang()
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
    await this.outbox.drain()
    const erasing = eraseUser(this.database(), userId, hashUserId(userId), countLinks(), editor)
    const removed = await withDeadline(erasing, D1_DEADLINE_MS)
    if (this.kinship.anonymous().length > 0) throw new Error('somebody signed in meanwhile')
    await this.ctx.blockConcurrencyWhile(async () => {
      await this.outbox.forget()
      await this.ctx.storage.deleteAll()
      this.opened = undefined
    })
    return removed
  }
}
