import { bucketVariant, type CompiledExperiment, type Subject } from '../evaluate/index.ts'
import type { Erased } from '../../schema/erasure.ts'
import type { AssignResponse, RejectionCode } from '../../schema/participation.ts'
import type { Env } from '../env.ts'
import type { StoredVariants, RecordAnswer, RecordCall } from '../objects/participant/calls.ts'
import type { Editor } from '../store/edit.ts'
import { callObject, callParticipant } from './participant-client.ts'

/** How long a page waits for a user's object before it is answered from the bucket. */
export const PARTICIPANT_DEADLINE_MS = 1_000
/** A batch is sent in the background: it may wait longer. */
const RECORD_DEADLINE_MS = 5_000
/**
 * The user's variant, assigned now if it was not before. When the object does not answer in time: what the bucket
 * says, marked `sticky: false`; then nothing is recorded, not even by an object that wakes up later.
 */
export const assignVariant = async (
  env: Env,
  experiment: CompiledExperiment,
  subject: Subject,
  userId: string,
): Promise<AssignResponse> => {
  const bucket = bucketVariant(experiment, subject)
  if (bucket === null) return { variant: null, isNew: false }
  const call = {
    userId: userId.toWellFormed(),
    experimentKey: experiment.key,
    bucketVariant: bucket,
    isBucketed: experiment.isBucketed,
    requestId: crypto.randomUUID(),
    expiresAt: Date.now() + PARTICIPANT_DEADLINE_MS,
  }
  const answer = await callParticipant(env, userId, PARTICIPANT_DEADLINE_MS, (stub) =>
    stub.assign(call),
  )
  return answer ?? { variant: bucket, isNew: false, sticky: false }
}

const NONE_NEEDED: StoredVariants = { variants: new Map(), isComplete: true }

/** Whether the bucket alone does not tell what this user has in the experiment. */
const isAskedFor = ({ isBucketed, hasInherited }: CompiledExperiment, { isAnonymous }: Subject) =>
  !isBucketed || (hasInherited && !isAnonymous)

/**
 * The user's variant in each experiment, assigning nothing. The bucket is the assignment while an experiment's
 * variants never changed since its launch and nobody inherited another one; only for the others the user's object is
 * asked, once for all of them. When it does not answer in time, the bucket does, and that need not be what the user has.
 */
export const readVariants = async (
  env: Env,
  experiments: readonly CompiledExperiment[],
  subject: Subject,
): Promise<{ variants: ReadonlyMap<string, string | null>; isSticky: boolean }> => {
  const { userId } = subject
  const asked = experiments.filter((experiment) => isAskedFor(experiment, subject))
  const keys = asked.map(({ key }) => key)
  const isInD1 = asked.some(({ isBucketed }) => !isBucketed)
  const known =
    userId === undefined || keys.length === 0
      ? NONE_NEEDED
      : await callParticipant<StoredVariants>(env, userId, PARTICIPANT_DEADLINE_MS, (stub) =>
          stub.readVariants(userId, keys, isInD1),
        )
  const variants = new Map(
    experiments.map((experiment) => [
      experiment.key,
      known?.variants.get(experiment.key) ?? bucketVariant(experiment, subject),
    ]),
  )
  return { variants, isSticky: known?.isComplete ?? false }
}

/** How long the removal of a person may take: a drain and a transaction. */
const ERASE_DEADLINE_MS = 15_000
/** How many anonymous ids of a person are removed at a time. */
const ERASE_AT_ONCE = 20

type Removed = Erased['removed']

const sumOf = (all: readonly Removed[]): Removed => ({
  assignments: all.reduce((sum, { assignments }) => sum + assignments, 0),
  exposures: all.reduce((sum, { exposures }) => sum + exposures, 0),
  events: all.reduce((sum, { events }) => sum + events, 0),
  links: all.reduce((sum, { links }) => sum + links, 0),
})

const eraseAnonymous = (env: Env, objectName: string, userId: string, editor: Editor) =>
  callObject(
    () => env.PARTICIPANT.getByName(objectName),
    ERASE_DEADLINE_MS,
    (stub) => stub.eraseIfOwnedBy(userId, editor),
  )

/**
 * Removes a person everywhere and tells what was removed; undefined when that may not be complete. Their anonymous
 * ids go first: the user's own object alone knows of them, and which of them are gone, so that asking again goes on
 * where it stopped, however many there are.
 */
export const eraseParticipant = async (
  env: Env,
  userId: string,
  editor: Editor,
): Promise<Removed | undefined> => {
  const names = await callParticipant(env, userId, ERASE_DEADLINE_MS, (stub) =>
    stub.listAnonymousObjects(),
  )
  if (!names) return undefined
  const removed: Removed[] = []
  for (let from = 0; from < names.length; from += ERASE_AT_ONCE) {
    const some = names.slice(from, from + ERASE_AT_ONCE)
    const theirs = await Promise.all(some.map((name) => eraseAnonymous(env, name, userId, editor)))
    // What is not noted, the user's object refuses to be removed for, as for what is not removed.
    await callParticipant(env, userId, ERASE_DEADLINE_MS, (stub) =>
      stub.markRemoved(some.filter((_, index) => theirs[index])),
    )
    const done = theirs.filter((each) => each !== undefined)
    if (done.length < some.length) return undefined
    removed.push(...done)
  }
  const own = await callParticipant(env, userId, ERASE_DEADLINE_MS, (stub) =>
    stub.erase(userId, editor),
  )
  return own && sumOf([...removed, own])
}

/** What became of one row of a batch; UNAVAILABLE ones must be sent again. */
export type RecordOutcome = 'accepted' | 'duplicate' | RejectionCode | 'UNAVAILABLE'

/** Hands one user's exposures and events to the user's object; what it accepts is durable. */
export const recordRows = async (env: Env, call: RecordCall): Promise<RecordAnswer> => {
  const answer = await callParticipant(env, call.userId, RECORD_DEADLINE_MS, (stub) =>
    stub.record(call),
  )
  return answer ?? [...call.exposures, ...call.events].map(() => 'UNAVAILABLE' as const)
}
