import type { SwitchOffOrder } from '../../store/break-glass.ts'

/** An order that took effect in the Publisher and that D1 has not taken over yet. */
export type Override = SwitchOffOrder & {
  /** The version of D1 in the snapshot that the order changed. */
  readonly base: number
  /** D1's version must be at least this before a snapshot that is newer than the order can be published. */
  readonly least: number
}

/** No snapshot of D1 is published for the versions after `base` and below `least`. */
type VersionLeap = Pick<Override, 'base' | 'least'>

const furthest = (leap: VersionLeap, { base, least }: VersionLeap): VersionLeap =>
  least > leap.least ? { base, least } : leap

/** Opens the part of the Publisher's SQLite that holds overrides. Every call is synchronous. */
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
  let leap = pending.reduce(furthest, sql.exec<VersionLeap>('SELECT base, least FROM leap').one())
  let added = 0

  const remove = (done: readonly Override[]) => {
    for (const { id } of done) sql.exec('DELETE FROM override WHERE id = ?', id)
    pending = pending.filter(({ id }) => !done.some((one) => one.id === id))
  }

  return {
    pending: () => pending,
    /** The furthest leap so far. It outlives its override, because D1's snapshot may not be published yet. */
    versionLeap: () => leap,
    /**
     * Keeps the first and the last order for a flag, so that repeated orders do not pile up. The first says since when
     * the flag is off. The last is needed when D1 took over the first, its answer was lost, and an admin has switched
     * the flag on since.
     */
    add(override: Override) {
      remove(pending.filter(({ key }) => key === override.key).slice(1))
      const { id, key, at, comment, base, least } = override
      sql.exec('INSERT INTO override VALUES (?, ?, ?, ?, ?, ?)', id, key, at, comment, base, least)
      pending = [...pending, override]
      leap = furthest(leap, override)
      sql.exec('UPDATE leap SET base = ?, least = ?', leap.base, leap.least)
      added++
    },
    /** Removes orders that D1 has taken over. */
    remove,
    /** Starts to watch for overrides. The returned function returns whether there was no override since. */
    watch() {
      const [wasEmpty, before] = [pending.length === 0, added]
      return () => wasEmpty && added === before
    },
  }
}

export type Overrides = ReturnType<typeof openOverrides>
