import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import type { AssignmentRow, EventRow, ExposureRow } from '../../worker/store/participation.ts'
import type { Merge } from '../../worker/store/identity.ts'
import { participant } from './experiments.ts'

/** The tables of a participant as commit 0bda8e6 opened them. */
const TABLES = [
  'assignment (experimentKey TEXT PRIMARY KEY, variant TEXT NOT NULL, requestId TEXT)',
  'phase (experimentKey TEXT PRIMARY KEY, phase INTEGER NOT NULL)',
  'outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, row TEXT NOT NULL)',
  'seen (name TEXT PRIMARY KEY, at INTEGER NOT NULL)',
  'adoption (id INTEGER PRIMARY KEY CHECK (id = 1))',
  'owner (id INTEGER PRIMARY KEY CHECK (id = 1), anonymousId TEXT NOT NULL, userId TEXT NOT NULL)',
  'merged (experimentKey TEXT PRIMARY KEY)',
  'anonymous (objectName TEXT PRIMARY KEY)',
  'removed (objectName TEXT PRIMARY KEY)',
]

type Earlier = {
  readonly assignments?: readonly (AssignmentRow & { readonly requestId: string })[]
  /** What D1 does not have yet, in order. */
  readonly outbox?: readonly (
    | readonly ['assignment', AssignmentRow]
    | readonly ['exposure', ExposureRow]
    | readonly ['event', EventRow]
    | readonly ['merge', Merge]
  )[]
  readonly seen?: readonly string[]
  readonly hasAdopted?: boolean
  readonly anonymous?: readonly string[]
  /** As version 0.1.0 left it, which knew no phases. */
  readonly isBeforePhases?: boolean
}

/** Puts rows of an earlier version into a user's object, as that version did, and restarts the object. */
export const leaveEarlierRows = async (
  userId: string,
  {
    assignments = [],
    outbox = [],
    seen = [],
    hasAdopted = false,
    anonymous = [],
    isBeforePhases = false,
  }: Earlier,
): Promise<void> => {
  await runInDurableObject(participant(userId), (_, { storage: { sql } }) => {
    for (const table of TABLES) sql.exec(`CREATE TABLE IF NOT EXISTS ${table}`)
    sql.exec('CREATE INDEX IF NOT EXISTS seen_at ON seen (at)')
    for (const { experimentKey, variant, requestId, phase } of assignments) {
      sql.exec('INSERT INTO assignment VALUES (?, ?, ?)', experimentKey, variant, requestId)
      if (phase !== undefined) sql.exec('INSERT INTO phase VALUES (?, ?)', experimentKey, phase)
    }
    for (const [kind, row] of outbox)
      sql.exec('INSERT INTO outbox (kind, row) VALUES (?, ?)', kind, JSON.stringify(row))
    for (const name of seen) sql.exec('INSERT INTO seen VALUES (?, ?)', name, Date.now())
    if (hasAdopted) sql.exec('INSERT INTO adoption VALUES (1)')
    for (const name of anonymous) sql.exec('INSERT INTO anonymous VALUES (?)', name)
    if (isBeforePhases) sql.exec('DROP TABLE phase')
  })
  await evictDurableObject(participant(userId))
}
