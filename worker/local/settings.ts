import { mkdirSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { resolve } from 'node:path'

/** The settings of `npm start`, from the environment. */
export type Settings = {
  readonly port: number
  /** The folder of all local data. */
  readonly stateDir: string
  readonly url: string
}

export const root = resolve(import.meta.dirname, '../..')

/** An error that the user can fix, printed without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

const readPort = (text: string): number => {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new StartError(`PORT is "${text}"; it must be a whole number from 1 to 65535.`)
}

const makeStateDir = (path: string): string => {
  try {
    mkdirSync(path, { recursive: true })
    return path
  } catch (error) {
    throw new StartError(`The data cannot be kept in ${path}: ${String(error)}
  Choose another place:  STATE_DIR=/some/where npm start`)
  }
}

/** Reads the settings and makes sure that they can be used. */
export const readSettings = async (env: NodeJS.ProcessEnv): Promise<Settings> => {
  const port = readPort(env.PORT || '8787')
  const stateDir = makeStateDir(resolve(root, env.STATE_DIR || '.wrangler/state'))
  if (await isTaken(port))
    throw new StartError(`Port ${port} is taken: something else, or an earlier start, listens there.
  Stop that, or choose another port:  PORT=${port === 65_535 ? 8787 : port + 1} npm start`)
  return { port, stateDir, url: `http://localhost:${port}` }
}

/** Connects, because that finds a listener on any address of localhost. */
const isTaken = (port: number): Promise<boolean> =>
  new Promise((answer) => {
    const socket = connect({ port, host: 'localhost' })
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
    socket.once('connect', () => socket.destroy())
  })

/** Finds a port that nothing listens on. */
export const findFreePort = async (): Promise<number> => {
  const probe = createServer().listen(0, 'localhost')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new StartError('No port is free.')
  return address.port
}
