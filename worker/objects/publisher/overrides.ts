import type { SwitchOffOrder } from '../../store/break-glass.ts'

/** An order that was carried out here and that D1 has not taken over yet. */
export type Override = SwitchOffOrder & {
  /** The version of D1 in the snapshot that it was put on top of. */
  readonly base: number
  /** The least version of D1 with which something newer than this can be published. */
  readonly least: number
}

/** The versions after `base` and below `least` are not D1's, or were D1's and never published. */
type Leap = Pick<Override, 'base' | 'least'>

const furthest = (leap: Leap, { base, least }: Leap): Leap =>
  least > leap.least ? { base, least } : leap

/** Opens the durable memory of what was switched off here. Every call is one synchronous SQLite transaction. */
export const openOverrides = ({ sql }: DurableObjectStorage) => {
  sql.exec(`
    CREATE TABLE IF NOT EXISTS override (
      id TEXT PRIMARY KEY, key TEXT NOT NULL, at INTEGER NOT NULL, comment TEXT NOT NULL,
      base INTEGER NOT NULL, least INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS leap (
      id INTEGER PRIMARY KEY CHECK (id = 1), base INTEGER NOT NULL, least INTEGER NOT NULL
    );
    INSERT OR IGNORE INTO leap VALUES (1, -1, 0)`)
  let pending: readonly Override[] = sql
    .exec<Override>('SELECT id, key, at, comment, base, least FROM override ORDER BY rowid')
    .toArray()
  let leap = pending.reduce(furthest, sql.exec<Leap>('SELECT base, least FROM leap').one())
  let added = 0

  const drop = (done: readonly Override[]) => {
    for (const { id } of done) sql.exec('DELETE FROM override WHERE id = ?', id)
    pending = pending.filter(({ id }) => !done.some((one) => one.id === id))
  }

  return {
    pending: () => pending,
    /** How far the numbers were taken from D1's. Kept when D1 has taken over: nothing of it may be published yet. */
    leap: () => leap,
    /**
     * Of one flag, the first order is kept, which tells since when it is off, and the last: D1 may have taken over the
     * first without our knowing, and somebody may have switched the flag on since. Nothing grows with their number.
     */
    add(override: Override) {
      drop(pending.filter(({ key }) => key === override.key).slice(1))
      const { id, key, at, comment, base, least } = override
      sql.exec('INSERT INTO override VALUES (?, ?, ?, ?, ?, ?)', id, key, at, comment, base, least)
      pending = [...pending, override]
      leap = furthest(leap, override)
      sql.exec('UPDATE leap SET base = ?, least = ?', leap.base, leap.least)
      added++
    },
    /** Forgets what D1 has taken over. */
    drop,
    /** Begins to watch; what it returns tells whether no override was pending at any moment since. */
    watch() {
      const [wasFree, before] = [pending.length === 0, added]
      return () => wasFree && added === before
    },
  }
}

export type Overrides = ReturnType<typeof openOverrides>
