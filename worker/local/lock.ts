import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from './settings.ts'

/** SQLite's code for a database that somebody else has locked. */
const BUSY = 5

const isBusy = (error: unknown) =>
  typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === BUSY

/**
 * Takes the data for this process alone: two servers on the same files would spoil them. The lock is the operating
 * system's, by way of SQLite, so it ends with the process, however that ends; the file that stays means nothing.
 *
 * @returns what lets go of it
 */
export const lockState = (stateDir: string): (() => void) => {
  try {
    const lock = new DatabaseSync(join(stateDir, 'start.lock'))
    lock.exec('BEGIN EXCLUSIVE')
    return () => lock.close()
  } catch (error) {
    throw new StartError(
      `${
        isBusy(error)
          ? `Another start serves the data in ${stateDir}.\n  Stop that one`
          : `The data cannot be kept in ${stateDir}: ${String(error)}\n  Put that right`
      }, or choose another place:  STATE_DIR=/some/where npm start`,
    )
  }
}
