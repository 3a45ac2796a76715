import { once } from 'node:events'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { openDatabase } from '../store/database.ts'
import { releaseDatabase } from '../store/deployment.ts'
import { buildAdminUi } from './admin-ui.ts'
import { lockState } from './lock.ts'
import { migrate } from './migrate.ts'
import { seedWhenEmpty } from './seed.ts'
import { findFreePort, readSettings, StartError, type Settings } from './settings.ts'
import { serveAdminUi } from './vite.ts'
import { welcome } from './welcome.ts'
import { endGroup, startWrangler } from './wrangler.ts'

/*
 * `npm start`: runs everything on this machine. Migrates a local D1, seeds it when it is empty,
 * builds the admin UI, and serves the Worker with `wrangler dev`, every binding emulated and kept in STATE_DIR.
 *
 * `npm run dev` (`--dev`) does the same, but Vite serves the UI from its sources on PORT and passes API requests on to
 * the Worker on another port. Both reload when a file changes.
 */

const isDev = process.argv.includes('--dev')

/** How long wrangler may take to stop. */
const STOP_DEADLINE_MS = 5_000

const step = (text: string) => console.log(`${styleText('dim', '›')} ${text}`)

/** Opens the local database of `wrangler dev`, which is named after the binding. */
const openLocalDatabase = async ({ stateDir }: Settings) => {
  const { convertV4MiniflareOptions, Miniflare } = await import('miniflare')
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      cf: false,
      d1Databases: { DB: 'DB' },
      resourcePersistencePath: resolve(stateDir, 'v3'),
    }),
  )
  return { d1: await miniflare.getD1Database('DB'), close: () => miniflare.dispose() }
}

const applyMigrations = async (d1: D1Database, { stateDir }: Settings) => {
  try {
    await migrate(d1)
  } catch (error) {
    throw new StartError(`The migrations could not be applied to the database in ${stateDir}.
  ${String(error)}
  To begin with an empty one:  STATE_DIR=/some/where/else npm start`)
  }
}

/** Migrates the local database, and seeds it when it is empty. */
const prepareDatabase = async (settings: Settings) => {
  const { d1, close } = await openLocalDatabase(settings)
  try {
    step('Applying the migrations to the local database')
    await applyMigrations(d1, settings)
    // The lock makes this the only server of the data, also after a change of the Worker's name.
    await releaseDatabase(openDatabase(d1))
    step((await seedWhenEmpty(d1)) ? 'Seeded the demo data' : 'Kept the data that is there')
  } finally {
    await close()
  }
}

const isUp = async (url: string) => {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}

/** A SIGTERM to npm ends npm and its shell, and does not reach this process. */
const whenNpmIsGone = (act: () => void) => {
  const parent = process.ppid
  if (process.env.npm_command === undefined) return
  setInterval(() => process.ppid !== parent && act(), 500).unref()
}

/** Serves until Ctrl-C or SIGTERM. */
const serve = async ({ port, stateDir, url }: Settings) => {
  const workerPort = isDev ? await findFreePort() : port
  const workerUrl = `http://localhost:${workerPort}`
  const server = startWrangler([
    'dev',
    '--local',
    '--port',
    `${workerPort}`,
    '--persist-to',
    stateDir,
    // Else wrangler looks for a free port by itself, and two servers that start together find the same one.
    ...(isDev ? [] : ['--inspector-port', '0']),
    // Workerd has no jurisdictions.
    '--var',
    'JURISDICTION:',
    'ENVIRONMENT_NAME:local',
    'ENVIRONMENT_TONE:blue',
  ])
  const gone = new AbortController()
  const ended = once(server, 'close')
  server.once('exit', () => {
    gone.abort()
    endGroup(server)
  })
  let isStopping = false
  const stop = () => {
    isStopping = true
    server.kill('SIGTERM')
    setTimeout(() => endGroup(server), STOP_DEADLINE_MS).unref()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  whenNpmIsGone(stop)

  while (!gone.signal.aborted && !(await isUp(workerUrl))) await sleep(200)
  const ui = isDev && !gone.signal.aborted ? await serveAdminUi(port, workerUrl) : undefined
  if (!gone.signal.aborted) console.log(welcome(url))
  await ended
  await ui?.close()
  if (!isStopping)
    throw new StartError(`The server stopped by itself; its last words, if any, stand above.
  Nothing that was acknowledged is lost. Start it again:  npm start`)
  step(`Stopped. The data is kept in ${stateDir}`)
}

try {
  const settings = await readSettings(process.env)
  const unlock = lockState(settings.stateDir)
  step((await buildAdminUi()) ? 'Built the admin UI' : 'Kept the admin UI, which is built already')
  await prepareDatabase(settings)
  step('Starting the server')
  await serve(settings)
  unlock()
  process.exit(0)
} catch (error) {
  console.error(styleText('red', '\n✘', { stream: process.stderr }))
  console.error(error instanceof StartError ? error.message : error)
  process.exit(1)
}
