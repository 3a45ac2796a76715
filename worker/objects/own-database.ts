import { elapsedSince } from '../lib/elapsed.ts'
import { raiseAlarm } from '../lib/raise-alarm.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { claimDatabase } from '../store/deployment.ts'
import { getPublisherId } from './place.ts'

type Bindings = Parameters<typeof getPublisherId>[0] & { readonly DB: D1Database }

/** The owner changes only when an operator releases the database, so an isolate asks rarely. */
export const CHECK_OWNER_MS = 60_000

/** D1 belongs to another deployment. */
export class DatabaseSharedError extends Error {
  override readonly name = 'DatabaseSharedError'
  constructor() {
    super('this D1 belongs to another deployment: give this one a D1 of its own')
  }
}

/** The owner as this isolate last read it. */
let owner: string | undefined
let askedAt = Number.NEGATIVE_INFINITY

const askOwner = async (env: Bindings, self: string): Promise<void> => {
  askedAt = Date.now()
  owner = await claimDatabase(openDatabase(env.DB), self, new Date(askedAt))
  if (owner !== self) raiseAlarm('alarm.database_shared', { owner, self })
}

/** A failure needs no action: the write that follows meets the same D1, and the next minute asks again. */
const askAgain = async (env: Bindings, self: string): Promise<void> => {
  try {
    await askOwner(env, self)
  } catch {
    askedAt = Date.now()
  }
}

/**
 * Refuses to write into the D1 of another deployment. A copied `database_id` gives two Workers one D1, and their flags,
 * users and counts would mix. The first question of an isolate waits for D1, later ones are asked beside the work.
 */
export const requireOwnDatabase = async (env: Bindings): Promise<void> => {
  const self = getPublisherId(env)
  const isDue = elapsedSince(askedAt) >= CHECK_OWNER_MS
  if (owner === self) {
    if (isDue) void askAgain(env, self)
    return
  }
  if (owner === undefined || isDue) await askOwner(env, self)
  if (owner !== self) throw new DatabaseSharedError()
}

/** Opens D1 to write, if it belongs to this deployment. */
export const openOwnDatabase = async (env: Bindings): Promise<Database> => {
  await requireOwnDatabase(env)
  return openDatabase(env.DB)
}
