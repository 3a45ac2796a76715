import type { Snapshot } from '../../../schema/snapshot.ts'
import type { DatabaseState } from '../../store/edit.ts'

/** The row of the table `state`. */
type State = {
  /** The newest version of D1 that the Publisher knows of. */
  wanted: number
  /** The version of the stored snapshot; -1 before the first. */
  version: number
  builtAt: string
  /** The version of the last successful put into KV, and when the last put began, in epoch milliseconds. */
  delivered: number
  putAt: number
  /** When the next running experiment of the snapshot ends, in epoch milliseconds. */
  nextStopAt: number | null
}

type SnapshotFacts = Pick<Snapshot, 'version' | 'builtAt'> & Pick<State, 'nextStopAt'>

/** A value in SQLite holds 2 MB, and a snapshot may be larger. The cut is by bytes, so it may split a character. */
const PART_BYTES = 1_000_000

const encode = (text: string): Uint8Array[] => {
  const bytes = new TextEncoder().encode(text)
  return Array.from({ length: Math.ceil(bytes.length / PART_BYTES) }, (_, index) =>
    bytes.slice(index * PART_BYTES, (index + 1) * PART_BYTES),
  )
}

const decode = (parts: readonly ArrayBuffer[]): string => {
  const decoder = new TextDecoder()
  return parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode()
}

/** Opens the Publisher's SQLite (schema/README.md lists its tables). Every call is synchronous. */
export const openPublisherStore = (storage: DurableObjectStorage) => {
  const { sql } = storage
  sql.exec(`
    CREATE TABLE IF NOT EXISTS state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      wanted INTEGER NOT NULL, version INTEGER NOT NULL, builtAt TEXT NOT NULL,
      delivered INTEGER NOT NULL, putAt INTEGER NOT NULL, nextStopAt INTEGER
    );
    CREATE TABLE IF NOT EXISTS origin (
      id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL, changedAt INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS part (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    INSERT OR IGNORE INTO state VALUES (1, -1, -1, '', -1, 0, NULL);
    INSERT OR IGNORE INTO origin VALUES (1, -1, 0);
  `)
  const state: State = sql
    .exec<State>('SELECT wanted, version, builtAt, delivered, putAt, nextStopAt FROM state')
    .one()
  let origin: DatabaseState = sql.exec<DatabaseState>('SELECT version, changedAt FROM origin').one()
  let text = decode(
    sql
      .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM part ORDER BY number')
      .toArray()
      .map((part) => part.bytes),
  )

  return {
    state: state as Readonly<State>,
    text: () => text,
    /** The state of D1 that the stored snapshot was built from; version -1 before the first. */
    origin: () => origin,
    /** Stores that a version of D1 exists, so that a restart does not lose its build. */
    want(version: number) {
      if (version <= state.wanted) return
      state.wanted = version
      sql.exec('UPDATE state SET wanted = ?', version)
    },
    /**
     * Stores a snapshot, if it is newer than the stored one.
     *
     * @param builtFrom the state of D1; absent when the snapshot is the stored one with an override
     */
    save(
      { version, builtAt, nextStopAt }: SnapshotFacts,
      newText: string,
      builtFrom: DatabaseState = origin,
    ): boolean {
      if (version <= state.version) return false
      storage.transactionSync(() => {
        sql.exec('DELETE FROM part')
        encode(newText).forEach((part, number) =>
          sql.exec('INSERT INTO part VALUES (?, ?)', number, part),
        )
        sql.exec(
          'UPDATE state SET version = ?, builtAt = ?, nextStopAt = ?',
          version,
          builtAt,
          nextStopAt,
        )
        sql.exec(
          'UPDATE origin SET version = ?, changedAt = ?',
          builtFrom.version,
          builtFrom.changedAt,
        )
      })
      origin = builtFrom
      Object.assign(state, { version, builtAt, nextStopAt })
      text = newText
      return true
    },
    setPutAt(at: number) {
      state.putAt = at
      sql.exec('UPDATE state SET putAt = ?', at)
    },
    setDelivered(version: number) {
      state.delivered = version
      sql.exec('UPDATE state SET delivered = ?', version)
    },
  }
}

export type PublisherStore = ReturnType<typeof openPublisherStore>
