import type { RejectionCode } from '../../schema/participation.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import type { Env } from '../env.ts'
import type { RecordAnswer, RecordCall } from '../objects/participant/calls.ts'
import { participantClient } from './participant-client.ts'

/** Clients send batches in the background, so a batch may wait longer than a page. */
const DEADLINE_MS = 5_000

/** The result for one row of a batch. UNAVAILABLE rows must be sent again. Rows with a reason were not stored. */
export type RecordOutcome = 'accepted' | 'duplicate' | RejectionCode | LeftOutReason | 'UNAVAILABLE'

/** Hands one user's exposures and events to the user's object. Accepted rows are durable. */
export const recordRows = async (env: Env, call: RecordCall): Promise<RecordAnswer> => {
  const answer = await participantClient(env, call.userId, DEADLINE_MS).record(call)
  return answer ?? [...call.exposures, ...call.events].map(() => 'UNAVAILABLE' as const)
}
