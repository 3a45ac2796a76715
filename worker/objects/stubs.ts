import type { Env } from '../env.ts'
import { hashUserId } from './participant/hash-user-id.ts'

/** The places of D1. An object can be in each of them, too. */
export const LOCATIONS = ['weur', 'eeur', 'apac', 'oc', 'wnam', 'enam'] as const
/** The areas that D1 and objects can be restricted to. */
export const JURISDICTIONS = ['eu', 'us', 'fedramp'] as const

const PUBLISHER_NAME = 'publisher'

/** A text of a setting, if it is one of the allowed words. */
const findWord = <Word extends string>(words: readonly Word[], text = ''): Word | undefined =>
  words.find((word) => word === text)

/**
 * The objects of a class, in the jurisdiction of the deployment. An unknown one is an error: it must not put
 * personal data elsewhere.
 */
const getNamespace = <T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
  { JURISDICTION = '' }: Env,
): DurableObjectNamespace<T> => {
  if (JURISDICTION === '') return namespace
  const jurisdiction = findWord(JURISDICTIONS, JURISDICTION)
  if (!jurisdiction) throw new Error(`JURISDICTION is none of ${JURISDICTIONS.join(', ')}`)
  return namespace.jurisdiction(jurisdiction)
}

/** The one Publisher of a deployment. Its first call creates it beside D1, wherever that call comes from. */
export const getPublisher = (env: Env) => {
  const locationHint = env.JURISDICTION ? undefined : findWord(LOCATIONS, env.LOCATION)
  return getNamespace(env.PUBLISHER, env).getByName(
    PUBLISHER_NAME,
    locationHint && { locationHint },
  )
}

/** The id of the Publisher. No other deployment has it, because Cloudflare derives it from the namespace, too. */
export const getPublisherId = (env: Env): string =>
  getNamespace(env.PUBLISHER, env).idFromName(PUBLISHER_NAME).toString()

/** A Participant by the name of its object. */
export const getParticipantByName = (env: Env, name: string) =>
  getNamespace(env.PARTICIPANT, env).getByName(name)

/** The Participant of a user. */
export const getParticipant = (env: Env, userId: string) =>
  getParticipantByName(env, hashUserId(userId))
