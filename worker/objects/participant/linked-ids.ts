import type { Tables } from './tables.ts'

/**
 * Opens the links between one id and the other ids of the same person. An anonymous id belongs to the first user who
 * signs in with it. The user's object keeps the object names of all anonymous ids, so that a removal finds them. Every
 * call is synchronous.
 */
export const openLinkedIds = ({ sql }: DurableObjectStorage, tables: Tables) => {
  const findOwner = () =>
    tables.has('owner')
      ? sql
          .exec<{ anonymousId: string; userId: string }>('SELECT anonymousId, userId FROM owner')
          .toArray()
          .at(0)
      : undefined

  const listNames = (table: 'anonymous' | 'removed') =>
    tables.has(table)
      ? sql
          .exec<{ objectName: string }>(`SELECT objectName FROM ${table} ORDER BY objectName`)
          .toArray()
          .map(({ objectName }) => objectName)
      : []

  return {
    /** The owner of this anonymous id, and the id itself. */
    findOwner,
    /** Gives this anonymous id to a user if it has no owner, and returns its owner. */
    claimAnonymousId(anonymousId: string, userId: string): string {
      tables.need('owner')
      sql.exec('INSERT INTO owner VALUES (1, ?, ?) ON CONFLICT DO NOTHING', anonymousId, userId)
      return findOwner()?.userId ?? userId
    },
    /** The experiments in which this id was merged with its owner: new exposures count as the owner's. */
    listMergedExperiments: () =>
      new Set(
        tables.has('merged')
          ? sql
              .exec<{ experimentKey: string }>('SELECT experimentKey FROM merged')
              .toArray()
              .map(({ experimentKey }) => experimentKey)
          : [],
      ),
    markMerged(experimentKeys: readonly string[]) {
      if (experimentKeys.length > 0) tables.need('merged')
      for (const key of experimentKeys)
        sql.exec('INSERT INTO merged VALUES (?) ON CONFLICT DO NOTHING', key)
    },
    /** The object names of this user's anonymous ids, without removed ones. */
    listAnonymousObjects() {
      const removed = new Set(listNames('removed'))
      return listNames('anonymous').filter((name) => !removed.has(name))
    },
    /** The number of links between this id and others of the same person. */
    countLinks: () => (findOwner() ? 1 : 0) + listNames('anonymous').length,
    addAnonymousObject(objectName: string) {
      tables.need('anonymous')
      sql.exec('INSERT INTO anonymous VALUES (?) ON CONFLICT DO NOTHING', objectName)
      if (tables.has('removed')) sql.exec('DELETE FROM removed WHERE objectName = ?', objectName)
    },
    /** Marks objects as removed, so that a repeated removal continues after them. They still count as links. */
    markRemoved(objectNames: readonly string[]) {
      const own = new Set(listNames('anonymous'))
      const known = objectNames.filter((name) => own.has(name))
      if (known.length > 0) tables.need('removed')
      for (const name of known)
        sql.exec('INSERT INTO removed VALUES (?) ON CONFLICT DO NOTHING', name)
    },
  }
}

export type LinkedIds = ReturnType<typeof openLinkedIds>
