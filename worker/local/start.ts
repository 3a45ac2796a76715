import { spawn, spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { demoKeys } from '../../schema/demo.ts'
import { seedWhenEmpty } from './seed.ts'

/*
 * `npm start`: everything on this machine, nothing else needed. Migrates a local D1, seeds it when it is empty,
 * and serves the Worker with `wrangler dev`, every binding emulated and kept in STATE_DIR.
 */

const root = resolve(import.meta.dirname, '../..')
const configPath = resolve(root, 'wrangler.toml')
const port = process.env.PORT ?? '8787'
const stateDir = resolve(root, process.env.STATE_DIR ?? '.wrangler/state')
const url = `http://localhost:${port}`
const environment = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false', FORCE_COLOR: '0' }

const step = (text: string) => console.log(`\u001B[2m›\u001B[0m ${text}`)

/** Runs a tool to its end; what it said is shown only when it failed. */
const run = (tool: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
  })
  if (status === 0) return
  console.error(stdout, stderr)
  process.exit(1)
}

const buildUi = () => run('vite', 'build', '--config', 'admin-ui/vite.config.ts')

const migrate = () => {
  const command = 'd1 migrations apply DB --local'.split(' ')
  run('wrangler', ...command, '--persist-to', stateDir, '--config', configPath)
}

/** Opens the same local database that `wrangler dev` will: it goes by the binding's name. */
const seed = async () => {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      d1Databases: { DB: 'DB' },
      resourcePersistencePath: resolve(stateDir, 'v3'),
    }),
  )
  const isSeeded = await seedWhenEmpty(await miniflare.getD1Database('DB'))
  await miniflare.dispose()
  return isSeeded
}

const serve = () => {
  const server = spawn(
    'wrangler',
    [
      'dev',
      '--local',
      '--port',
      port,
      '--persist-to',
      stateDir,
      '--config',
      configPath,
      '--log-level',
      'error',
    ],
    { cwd: root, env: environment, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill(signal))
  server.on('exit', (code) => process.exit(code ?? 0))
}

const isUp = async () => {
  try {
    return (await fetch(`${url}/health`)).ok
  } catch {
    return false
  }
}

const untilUp = async () => {
  while (!(await isUp())) await new Promise((tick) => setTimeout(tick, 200))
}

const welcome = () => {
  const credentials = demoKeys
    .map(({ kind, secret }) => `    ${kind.padEnd(8)} ${secret}`)
    .join('\n')
  console.log(`
  IndieTix Flags is up.

    admin UI ${url}            (sign in with a token below)
    API      ${url}            (described in ${url}/openapi.json)
    health   ${url}/health

  Local credentials
${credentials}

  Try it
    curl -s ${url}/v1/flags/evaluate -H 'Authorization: Bearer flags_client_local' \\
      -H 'Content-Type: application/json' -d '{"context":{"userId":"u-42"}}'
`)
}

step('Building the admin UI')
buildUi()
step('Applying the migrations to the local database')
migrate()
step((await seed()) ? 'Seeded the demo data' : 'Kept the data that is there')
step('Starting the server')
serve()
await untilUp()
welcome()
