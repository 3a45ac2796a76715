/**
 * Opens what one user's object knows of other ids of the same person. An anonymous id belongs to the first user who
 * signs in with it; the user keeps the names of the objects of all anonymous ids, to be found when the person is
 * removed. Every call is synchronous.
 */
export const openLinkedIds = ({ sql }: DurableObjectStorage) => {
  sql.exec(`
    CREATE TABLE IF NOT EXISTS owner (
      id INTEGER PRIMARY KEY CHECK (id = 1), anonymousId TEXT NOT NULL, userId TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS merged (experimentKey TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS anonymous (objectName TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS removed (objectName TEXT PRIMARY KEY);
  `)
  const owner = () =>
    sql
      .exec<{ anonymousId: string; userId: string }>('SELECT anonymousId, userId FROM owner')
      .toArray()
      .at(0)

  return {
    /** Whose anonymous id this is, beside that id itself. */
    owner,
    /** Gives this anonymous id to a user, unless it is someone's already; tells whose it is. */
    claimAnonymousId(anonymousId: string, userId: string): string {
      sql.exec('INSERT INTO owner VALUES (1, ?, ?) ON CONFLICT DO NOTHING', anonymousId, userId)
      return owner()?.userId ?? userId
    },
    /** In which experiments the two were merged: there, exposures are to be counted as the owner's. */
    merged: () =>
      new Set(
        sql
          .exec<{ experimentKey: string }>('SELECT experimentKey FROM merged')
          .toArray()
          .map(({ experimentKey }) => experimentKey),
      ),
    markMerged(experimentKeys: readonly string[]) {
      for (const key of experimentKeys)
        sql.exec('INSERT INTO merged VALUES (?) ON CONFLICT DO NOTHING', key)
    },
    /** The names of the objects of this user's anonymous ids, but for those that were removed since. */
    anonymous: () =>
      sql
        .exec<{ objectName: string }>(
          'SELECT objectName FROM anonymous WHERE objectName NOT IN (SELECT objectName FROM removed)',
        )
        .toArray()
        .map(({ objectName }) => objectName),
    /** How many ties there are between this id and others of the same person. */
    links: () =>
      sql
        .exec<{ count: number }>(
          'SELECT (SELECT count(*) FROM owner) + (SELECT count(*) FROM anonymous) AS count',
        )
        .one().count,
    addAnonymous(objectName: string) {
      sql.exec('INSERT INTO anonymous VALUES (?) ON CONFLICT DO NOTHING', objectName)
      sql.exec('DELETE FROM removed WHERE objectName = ?', objectName)
    },
    /** Notes that these were removed, so that who removes this person goes on behind them. They still count as ties. */
    markRemoved(objectNames: readonly string[]) {
      sql.exec(
        `INSERT INTO removed SELECT objectName FROM anonymous
         WHERE objectName IN (SELECT value FROM json_each(?)) ON CONFLICT DO NOTHING`,
        JSON.stringify(objectNames),
      )
    },
  }
}

export type LinkedIds = ReturnType<typeof openLinkedIds>
