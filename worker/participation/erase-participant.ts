import type { Erased } from '../../schema/erasure.ts'
import type { Env } from '../env.ts'
import type { Editor } from '../store/edit.ts'
import { participantClient, participantClientByName } from './participant-client.ts'

/** The removal of a user has to send the outbox to D1 and run a transaction there. */
const DEADLINE_MS = 15_000
/** This many anonymous ids of a user are removed at a time. */
const AT_ONCE = 20

type Removed = Erased['removed']

const addUp = (all: readonly Removed[]): Removed => ({
  assignments: all.reduce((sum, { assignments }) => sum + assignments, 0),
  exposures: all.reduce((sum, { exposures }) => sum + exposures, 0),
  events: all.reduce((sum, { events }) => sum + events, 0),
  links: all.reduce((sum, { links }) => sum + links, 0),
})

/**
 * Removes a user everywhere and returns what was removed; undefined when something may be left. The anonymous ids go
 * first, because only the user's object knows them. It also knows which are removed, so a repeated call continues.
 */
export const eraseParticipant = async (
  env: Env,
  userId: string,
  editor: Editor,
): Promise<Removed | undefined> => {
  const user = participantClient(env, userId, DEADLINE_MS)
  const names = await user.listAnonymousObjects()
  if (!names) return undefined
  const removed: Removed[] = []
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const batch = names.slice(from, from + AT_ONCE)
    const results = await Promise.all(
      batch.map((name) =>
        participantClientByName(env, name, DEADLINE_MS).eraseIfOwnedBy(userId, editor),
      ),
    )
    // When this call fails, the user's object refuses `erase`, as it does while an anonymous id is left.
    await user.markRemoved(batch.filter((_, index) => results[index]))
    const done = results.filter((result) => result !== undefined)
    if (done.length < batch.length) return undefined
    removed.push(...done)
  }
  const own = await user.erase(userId, editor)
  return own && addUp([...removed, own])
}
