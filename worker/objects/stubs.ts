import type { Env } from '../env.ts'
import { hashUserId } from './participant/hash-user-id.ts'
import { findWord, getNamespace, LOCATIONS, PUBLISHER_NAME } from './place.ts'

/** The one Publisher of a deployment. Its first call creates it beside D1, wherever that call comes from. */
export const getPublisher = (env: Env) => {
  const locationHint = env.JURISDICTION ? undefined : findWord(LOCATIONS, env.LOCATION)
  return getNamespace(env.PUBLISHER, env).getByName(
    PUBLISHER_NAME,
    locationHint && { locationHint },
  )
}

/** A Participant by the name of its object. */
export const getParticipantByName = (env: Env, name: string) =>
  getNamespace(env.PARTICIPANT, env).getByName(name)

/** The Participant of a user. */
export const getParticipant = (env: Env, userId: string) =>
  getParticipantByName(env, hashUserId(userId))
