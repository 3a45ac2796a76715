import type { Snapshot } from '../../../schema/snapshot.ts'
import type { DatabaseState } from '../../store/edit.ts'

/** What the Publisher keeps in its own SQLite; documented in schema/README.md. */
type State = {
  /** The newest version it was told of. */
  wanted: number
  /** The version of the snapshot it holds; -1 before the first. */
  version: number
  builtAt: string
  /** The version that was last put into KV, and when that was tried, in epoch milliseconds. */
  delivered: number
  putAt: number
  /** When the next running experiment of the snapshot ends, in epoch milliseconds. */
  nextStopAt: number | null
}

/** A value holds 2 MB; a snapshot may be larger. In bytes, so that no character is cut in two unnoticed. */
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

/** Opens the durable memory of the Publisher. Every call is one synchronous SQLite transaction. */
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
    /** The state of D1 that was built last; of version -1 before the first. */
    origin: () => origin,
    /** Remembers that a version exists, so that it is built even if this object dies now. */
    want(version: number) {
      if (version <= state.wanted) return
      state.wanted = version
      sql.exec('UPDATE state SET wanted = ?', version)
    },
    /**
     * Takes a newer snapshot; an older or equal one is left alone.
     *
     * @param builtFrom the state of D1 that it tells; absent when it is the held one with something changed here
     */
    hold(
      {
        version,
        builtAt,
        nextStopAt,
      }: Pick<Snapshot, 'version' | 'builtAt'> & Pick<State, 'nextStopAt'>,
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
    putStarted(at: number) {
      state.putAt = at
      sql.exec('UPDATE state SET putAt = ?', at)
    },
    delivered(version: number) {
      state.delivered = version
      sql.exec('UPDATE state SET delivered = ?', version)
    },
  }
}

export type PublisherStore = ReturnType<typeof openPublisherStore>
