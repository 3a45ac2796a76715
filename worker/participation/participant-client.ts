import { describeError } from '../lib/describe-error.ts'
import type { Env } from '../env.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { getParticipant } from '../objects/stubs.ts'
import type { Participant } from '../objects/participant/participant.ts'

/** An object that restarts fails what is under way; a fresh stub reaches the new one. Every call is idempotent. */
const ATTEMPTS = 3

export type Stub = DurableObjectStub<Participant>

const isOverloaded = (error: unknown) =>
  typeof error === 'object' && error !== null && 'overloaded' in error && error.overloaded === true

/** Calls an object, again after a failure, all within the deadline; undefined when it does not answer. */
export const callObject = async <T>(
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

/** Calls the object of one user, as `callObject` does. */
export const callParticipant = <T>(
  env: Env,
  userId: string,
  deadlineMs: number,
  call: (stub: Stub) => Promise<T>,
): Promise<T | undefined> => callObject(() => getParticipant(env, userId), deadlineMs, call)
