import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { seedWhenEmpty } from '../../worker/local/seed.ts'
import { bundle, COMPATIBILITY_DATE, root } from './bundle.ts'

/* The whole service in Miniflare: D1, KV and the objects, migrated and seeded as `npm start` does. */

const migrate = async (db: D1Database) => {
  const folder = join(root, 'schema/migrations')
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql'))
  const isThere = await db
    .prepare("SELECT 1 FROM sqlite_master WHERE name = 'feature_flag'")
    .first()
  for (const file of isThere ? [] : files.toSorted()) {
    const text = await readFile(join(folder, file), 'utf8')
    for (const statement of text.split('--> statement-breakpoint'))
      if (statement.trim() !== '') await db.prepare(statement).run()
  }
}

export type Service = {
  readonly url: string
  /** Sends a request to the Worker. Throws unless the answer is a success. */
  readonly send: (method: string, path: string, body?: object) => Promise<Response>
  /** Asks another isolate, which gets edits as one in another location does. */
  readonly askReader: (reader: number, path: string, body: object) => Promise<unknown>
  readonly database: D1Database
  readonly stop: () => Promise<void>
}

type Options = {
  /** The number of further isolates that read from it. */
  readonly readers?: number
  /** A free port when absent. */
  readonly port?: number
  /** The directory of its state. In memory when absent. */
  readonly stateDir?: string
  readonly bindings?: Record<string, string>
}

const chooseCredential = (path: string) =>
  path.startsWith('/api/') ? 'flags_admin_local' : 'flags_client_local'

const createInit = (method: string, path: string, body?: object) => ({
  method,
  headers: {
    Authorization: `Bearer ${chooseCredential(path)}`,
    ...(body && { 'Content-Type': 'application/json' }),
  },
  ...(body && { body: JSON.stringify(body) }),
})

/** Starts the service. */
export const startService = async (options: Options = {}): Promise<Service> => {
  const { readers = 0, port, stateDir, bindings = {} } = options
  const script = await bundle('worker/index.ts')
  const createWorker = (name: string, scriptName?: string) => ({
    name,
    modules: true,
    script,
    compatibilityDate: COMPATIBILITY_DATE,
    bindings: { ALLOWED_ORIGINS: '*', ...bindings },
    d1Databases: { DB: 'DB' },
    kvNamespaces: { SNAPSHOTS: 'SNAPSHOTS' },
    durableObjects: Object.fromEntries(
      ['Publisher', 'Participant'].map((className) => [
        className.toUpperCase(),
        { className, useSQLite: true, ...(scriptName !== undefined && { scriptName }) },
      ]),
    ),
  })
  const service = new Miniflare(
    convertV4MiniflareOptions({
      ...(port !== undefined && { port }),
      ...(stateDir !== undefined && { resourcePersistencePath: stateDir }),
      workers: [
        createWorker('flags'),
        ...Array.from({ length: readers }, (_, reader) =>
          createWorker(`reader-${reader}`, 'flags'),
        ),
      ],
    }),
  )
  const url = (await service.ready).origin
  const db = await service.getD1Database('DB', 'flags')
  await migrate(db)
  await seedWhenEmpty(db)
  return {
    url,
    database: db,
    send: async (method, path, body) => {
      const answer = await fetch(`${url}${path}`, createInit(method, path, body))
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
      return answer
    },
    askReader: async (reader, path, body) => {
      const worker = await service.getWorker(`reader-${reader}`)
      return (await worker.fetch(`http://reader${path}`, createInit('POST', path, body))).json()
    },
    stop: () => service.dispose(),
  }
}
