import { bucketVariant, type CompiledExperiment, type Subject } from '../evaluate/index.ts'
import type { Erased } from '../../schema/erasure.ts'
import type { AssignResponse, RejectionCode } from '../../schema/participation.ts'
import { describeError } from '../describe-error.ts'
import type { Env } from '../env.ts'
import { inTime } from '../in-time.ts'
import {
  participantOf,
  type Participant,
  type RecordAnswer,
  type RecordCall,
} from '../objects/participant.ts'
import type { Editor } from '../store/edit.ts'

/** How long a page waits for a user's object before it is answered from the bucket. */
export const PARTICIPANT_DEADLINE_MS = 1_000
/** A batch is sent in the background: it may wait longer. */
const RECORD_DEADLINE_MS = 5_000
/** An object that restarts fails what is under way; a fresh stub reaches the new one. Every call is idempotent. */
const ATTEMPTS = 3

type Stub = DurableObjectStub<Participant>

const isOverloaded = (error: unknown) =>
  typeof error === 'object' && error !== null && 'overloaded' in error && error.overloaded === true

/** Calls the user's object, again after a failure, all within the deadline; undefined when it does not answer. */
const callParticipant = async <T>(
  env: Env,
  userId: string,
  deadlineMs: number,
  call: (stub: Stub) => Promise<T>,
): Promise<T | undefined> => {
  const expiresAt = Date.now() + deadlineMs
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const left = expiresAt - Date.now()
    if (left <= 0) break
    try {
      return await inTime(call(participantOf(env, userId)), left)
    } catch (error) {
      console.warn({ event: 'participant.unanswered', attempt, error: describeError(error) })
      if (isOverloaded(error)) break
    }
  }
  return undefined
}

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

/**
 * The user's variant in each experiment, assigning nothing. The bucket is the assignment while an experiment's
 * variants never changed since its launch; only for the others the user's object is asked, once for all of them.
 */
export const variantsOf = async (
  env: Env,
  experiments: readonly CompiledExperiment[],
  subject: Subject,
): Promise<ReadonlyMap<string, string | null>> => {
  const { userId } = subject
  const reweighted = experiments.filter(({ isBucketed }) => !isBucketed).map(({ key }) => key)
  const assigned =
    userId === undefined || reweighted.length === 0
      ? undefined
      : await callParticipant(env, userId, PARTICIPANT_DEADLINE_MS, (stub) =>
          stub.variants(userId, reweighted),
        )
  return new Map(
    experiments.map((experiment) => [
      experiment.key,
      assigned?.get(experiment.key) ?? bucketVariant(experiment, subject),
    ]),
  )
}

/** How long the removal of a person may take: a drain and a transaction. */
const ERASE_DEADLINE_MS = 15_000

/** Removes a person everywhere and tells what was removed; undefined when that may not be complete. */
export const eraseParticipant = (
  env: Env,
  userId: string,
  editor: Editor,
): Promise<Erased['removed'] | undefined> =>
  callParticipant(env, userId, ERASE_DEADLINE_MS, (stub) => stub.erase(userId, editor))

/** What became of one row of a batch; UNAVAILABLE ones must be sent again. */
export type Recorded = 'accepted' | 'duplicate' | RejectionCode | 'UNAVAILABLE'

/** Hands one user's exposures and events to the user's object; what it accepts is durable. */
export const recordRows = async (env: Env, call: RecordCall): Promise<RecordAnswer> => {
  const answer = await callParticipant(env, call.userId, RECORD_DEADLINE_MS, (stub) =>
    stub.record(call),
  )
  return answer ?? [...call.exposures, ...call.events].map(() => 'UNAVAILABLE' as const)
}
