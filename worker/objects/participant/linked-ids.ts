/**
 * Opens the links between one id and the other ids of the same person. An anonymous id belongs to the first user who
 * signs in with it. The user's object keeps the object names of all anonymous ids, so that a removal finds them. Every
 * call is synchronous.
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
  const findOwner = () =>
    sql
      .exec<{ anonymousId: string; userId: string }>('SELECT anonymousId, userId FROM owner')
      .toArray()
      .at(0)

  return {
    /** The owner of this anonymous id, and the id itself. */
    findOwner,
    /** Gives this anonymous id to a user if it has no owner, and returns its owner. */
    claimAnonymousId(anonymousId: string, userId: string): string {
      sql.exec('INSERT INTO owner VALUES (1, ?, ?) ON CONFLICT DO NOTHING', anonymousId, userId)
      return findOwner()?.userId ?? userId
    },
    /** The experiments in which this id was merged with its owner: new exposures count as the owner's. */
    listMergedExperiments: () =>
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
    /** The object names of this user's anonymous ids, without removed ones. */
    listAnonymousObjects: () =>
      sql
        .exec<{ objectName: string }>(
          'SELECT objectName FROM anonymous WHERE objectName NOT IN (SELECT objectName FROM removed)',
        )
        .toArray()
        .map(({ objectName }) => objectName),
    /** The number of links between this id and others of the same person. */
    countLinks: () =>
      sql
        .exec<{ count: number }>(
          'SELECT (SELECT count(*) FROM owner) + (SELECT count(*) FROM anonymous) AS count',
        )
        .one().count,
    addAnonymousObject(objectName: string) {
      sql.exec('INSERT INTO anonymous VALUES (?) ON CONFLICT DO NOTHING', objectName)
      sql.exec('DELETE FROM removed WHERE objectName = ?', objectName)
    },
    /** Marks objects as removed, so that a repeated removal continues after them. They still count as links. */
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
