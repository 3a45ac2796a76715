/** A table is created at its first row: creating one writes two rows, and most objects need two of these. */
const COLUMNS = {
  assigned: `experimentKey TEXT PRIMARY KEY, variant TEXT NOT NULL, phase INTEGER, requestId TEXT, exposureId TEXT`,
  queue: `seq INTEGER PRIMARY KEY, items TEXT NOT NULL`,
  /** It has no rows: the table itself says that the assignments of D1 were imported. */
  imported: `id INTEGER PRIMARY KEY`,
  owner: `id INTEGER PRIMARY KEY CHECK (id = 1), anonymousId TEXT NOT NULL, userId TEXT NOT NULL`,
  merged: `experimentKey TEXT PRIMARY KEY`,
  anonymous: `objectName TEXT PRIMARY KEY`,
  removed: `objectName TEXT PRIMARY KEY`,
} as const

type Table = keyof typeof COLUMNS
/** The ids of exposures and events of one week. */
export type SeenTable = `seen_${number}`

/** These have an integer key, which is the row's own number. */
const HAS_ROWID: readonly string[] = ['queue', 'imported', 'owner'] satisfies Table[]

const isSeenTable = (name: string): name is SeenTable => /^seen_\d+$/.test(name)

/** Opens the tables of a participant. */
export const openTables = ({ sql }: Pick<DurableObjectStorage, 'sql'>) => {
  const names = new Set(
    sql
      .exec<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .toArray()
      .map(({ name }) => name),
  )
  const create = (name: string, columns: string) => {
    if (names.has(name)) return
    sql.exec(`CREATE TABLE ${name} (${columns})${HAS_ROWID.includes(name) ? '' : ' WITHOUT ROWID'}`)
    names.add(name)
  }
  return {
    has: (name: string) => names.has(name),
    /** Creates a table, if it is not there. */
    need: (name: Table) => create(name, COLUMNS[name]),
    needSeen: (name: SeenTable) => create(name, 'name TEXT PRIMARY KEY'),
    listSeen: () => Array.from(names).filter(isSeenTable),
    /** Drops a table with its rows, which writes no row. */
    drop(name: string) {
      if (names.delete(name)) sql.exec(`DROP TABLE ${name}`)
    },
  }
}

export type Tables = ReturnType<typeof openTables>
