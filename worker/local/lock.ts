import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from './settings.ts'

/** The code of SQLite for a database that another process has locked. */
const BUSY = 5

const isBusy = (error: unknown) =>
  typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === BUSY

/**
 * Locks the data, because two servers would corrupt the files. The lock belongs to the operating system (through
 * SQLite), so it ends with the process. The file that stays means nothing.
 *
 * @returns a function that releases the lock
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
