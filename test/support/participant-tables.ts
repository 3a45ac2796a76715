/* The SQLite of a participant, as tests look into it (worker/objects/participant/tables.ts). */

export const listTables = ({ sql }: DurableObjectStorage): string[] =>
  sql
    .exec<{ name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`,
    )
    .toArray()
    .map(({ name }) => name)
    .toSorted()

/** The number of rows and merges that D1 has not confirmed. */
export const countQueued = (storage: DurableObjectStorage): number =>
  listTables(storage).includes('queue')
    ? Number(
        storage.sql.exec('SELECT total(json_array_length(items)) AS count FROM queue').one()[
          'count'
        ],
      )
    : 0

/** In a query on `experiment_assignment`: all exposures of the user, also those that retention has deleted. */
export const EXPOSURES = `exposures + (
  SELECT count(*) FROM experiment_exposure AS raw WHERE raw.user_id = experiment_assignment.user_id
  AND raw.experiment_key = experiment_assignment.experiment_key) AS exposures`
