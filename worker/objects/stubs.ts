import type { Env } from '../env.ts'
import { hashUserId } from './participant/hash-user-id.ts'

/** The one Publisher of a deployment. */
export const getPublisher = (env: Env) => env.PUBLISHER.getByName('publisher')

/** The Participant of a user. */
export const getParticipant = (env: Env, userId: string) =>
  env.PARTICIPANT.getByName(hashUserId(userId))
