import type { Env } from '../env.ts'
import { describeError } from '../lib/describe-error.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import type {
  AssignCall,
  IdentityState,
  RecordCall,
  StoredVariants,
} from '../objects/participant/calls.ts'
import type { AnonymousAssignments } from '../objects/participant/merge-assignments.ts'
import type { Participant } from '../objects/participant/participant.ts'
import { getParticipant, getParticipantByName } from '../objects/stubs.ts'
import type { Editor } from '../store/edit.ts'
import type { MergedAssignment } from '../store/identity.ts'

/** An object that restarts fails its running calls. A new stub reaches the restarted object, and calls are idempotent. */
const ATTEMPTS = 3

type Stub = DurableObjectStub<Participant>

const isOverloaded = (error: unknown) =>
  typeof error === 'object' && error !== null && 'overloaded' in error && error.overloaded === true

/** Calls an object, again after a failure, within the deadline; undefined when it does not answer. */
const callObject = async <T>(
  open: () => Stub,
  deadlineMs: number,
  call: (stub: Stub) => Promise<T>,
): Promise<T | undefined> => {
  const expiresAt = Date.now() + deadlineMs
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const left = expiresAt - Date.now()
    if (left <= 0) break
    try {
      return await withDeadline(call(open()), left)
    } catch (error) {
      console.warn({ event: 'participant.unanswered', attempt, error: describeError(error) })
      if (isOverloaded(error)) break
    }
  }
  return undefined
}

/** Resolves to true when a call without a result was answered. */
const acknowledge = async (call: Promise<void>): Promise<true> => {
  await call
  return true
}

const createClient = (open: () => Stub, deadlineMs: number) => {
  const call = <T>(run: (stub: Stub) => Promise<T>) => callObject(open, deadlineMs, run)
  return {
    assign: (request: AssignCall) => call((stub) => stub.assign(request)),
    readVariants: (userId: string, experimentKeys: readonly string[], isInD1: boolean) =>
      call<StoredVariants>((stub) => stub.readVariants(userId, experimentKeys, isInD1)),
    record: (request: RecordCall) => call((stub) => stub.record(request)),

    getIdentityState: (userId: string) =>
      call<IdentityState | undefined>((stub) => stub.getIdentityState(userId)),
    claimAnonymousId: (anonymousId: string, userId: string) =>
      call((stub) => stub.claimAnonymousId(anonymousId, userId)),
    mergeAssignments: (anonymous: AnonymousAssignments) =>
      call<MergedAssignment[] | null>((stub) => stub.mergeAssignments(anonymous)),
    queueMerge: (experiments: readonly MergedAssignment[]) =>
      call((stub) => acknowledge(stub.queueMerge(experiments))),

    listAnonymousObjects: () => call((stub) => stub.listAnonymousObjects()),
    markRemoved: (objectNames: readonly string[]) =>
      call((stub) => acknowledge(stub.markRemoved(objectNames))),
    erase: (userId: string, editor: Editor) => call((stub) => stub.erase(userId, editor)),
    eraseIfOwnedBy: (userId: string, editor: Editor) =>
      call((stub) => stub.eraseIfOwnedBy(userId, editor)),
  }
}

/** The calls to a user's object. Each resolves to undefined when the object does not answer within the deadline. */
export const participantClient = (env: Env, userId: string, deadlineMs: number) =>
  createClient(() => getParticipant(env, userId), deadlineMs)

/** The same for an anonymous id, of which only the name of the object is known. */
export const participantClientByName = (env: Env, objectName: string, deadlineMs: number) =>
  createClient(() => getParticipantByName(env, objectName), deadlineMs)
