import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'

/*
 * The parts of Cloudflare's API that Wrangler calls for a deployment, on loopback. D1 is real SQLite, so migrations
 * run. `calls` has each change in its order.
 */

type Database = { readonly uuid: string; readonly name: string; readonly sql: DatabaseSync }
type Answer = { readonly result?: unknown; readonly status?: number; readonly code?: number }

const NOT_FOUND: Answer = { status: 404, code: 7404 }

const query = ({ sql }: Database, body: string): Answer => {
  const { sql: statements = '' } = JSON.parse(body) as { sql?: string }
  const parts = statements.split(/;\s*(?=$|\n)/).length
  if (parts > 2 || /^\s*(create|insert|alter|drop)/i.test(statements)) {
    sql.exec(statements)
    return { result: [{ results: [], success: true, meta: {} }] }
  }
  return { result: [{ results: sql.prepare(statements).all(), success: true, meta: {} }] }
}

export const startFakeCloudflare = async () => {
  const databases: Database[] = []
  const scripts = new Map<string, { readonly metadata: string; readonly database: string }>()
  const calls: string[] = []
  let isBroken = false
  const find = (key = '') =>
    databases.find(({ uuid, name }) => [uuid, name].includes(decodeURIComponent(key)))

  const createDatabase = (body: string): Answer => {
    const { name, ...options } = JSON.parse(body) as { name: string }
    if (find(name)) return { status: 400, code: 7502 }
    const created = { uuid: `d1-${databases.length + 1}`, name, sql: new DatabaseSync(':memory:') }
    databases.push(created)
    calls.push(`create D1 ${name} ${JSON.stringify(options)}`)
    return { result: { uuid: created.uuid, name } }
  }

  const putScript = (name: string, form: string): Answer => {
    const [, metadata = ''] = /name="metadata"\r\n\r\n(.*)\r\n/.exec(form) ?? []
    const { bindings } = JSON.parse(metadata) as {
      bindings: { type: string; name: string; id?: string }[]
    }
    const d1 = bindings.find((binding) => binding.name === 'DB')
    const database = d1?.id ?? scripts.get(name)?.database ?? 'none'
    scripts.set(name, { metadata, database })
    const tables = find(database)?.sql.prepare('SELECT count(*) AS n FROM sqlite_schema').get()
    calls.push(
      `deploy ${name} on ${find(database)?.name ?? 'no D1'} (${Number(tables?.['n']) > 20 ? 'migrated' : 'without tables'})`,
    )
    return {
      result: {
        id: name,
        etag: 'e',
        pipeline_hash: 'p',
        mutable_pipeline_id: 'm',
        deployment_id: 'd',
        startup_time_ms: 1,
      },
    }
  }

  const answer = (method: string, path: string, body: string): Answer => {
    const [, script = '', part = ''] =
      /workers\/(?:scripts|services)\/([^/?]+)\/?([^?]*)/.exec(path) ?? []
    const [, database, isQuery] = /d1\/database\/([^/?]+)(\/query)?/.exec(path) ?? []
    if (isQuery !== undefined) {
      const target = find(database)
      if (isBroken) return { status: 500, code: 7500 }
      return target ? query(target, body) : NOT_FOUND
    }
    if (database !== undefined) {
      const target = find(database)
      return target ? { result: { uuid: target.uuid, name: target.name } } : NOT_FOUND
    }
    if (path.includes('/d1/database'))
      return method === 'POST'
        ? createDatabase(body)
        : { result: databases.map(({ uuid, name }) => ({ uuid, name })) }
    if (path.includes('/storage/kv/namespaces')) {
      if (method !== 'POST') return { result: [] }
      const { title } = JSON.parse(body) as { title: string }
      calls.push(`create KV ${title}`)
      return { result: { id: 'kv-1', title } }
    }
    if (path.includes('/workers/workers/'))
      return { result: { subdomain: { enabled: true, previews_enabled: false } } }
    if (path.includes('/assets-upload-session')) return { result: { jwt: 'jwt', buckets: [] } }
    if (script !== '' && method === 'PUT' && part === '') return putScript(script, body)
    if (script !== '' && part === 'subdomain' && method === 'POST') {
      calls.push(`addresses ${body}`)
      const { enabled, previews_enabled } = JSON.parse(body) as Record<string, boolean>
      return { result: { enabled, previews_enabled } }
    }
    if (script !== '' && part === 'subdomain')
      return { result: { enabled: true, previews_enabled: false } }
    if (script !== '' && part === 'schedules' && method === 'PUT') {
      calls.push(`schedules ${body}`)
      return { result: {} }
    }
    if (script !== '' && !scripts.has(script)) return { status: 404, code: 10007 }
    // Wrangler looks whether a variable has the name of a secret.
    if (part === 'secrets') return { result: [] }
    if (part === 'deployments') return { result: { deployments: [] } }
    if (path.includes('/workers/services/'))
      return { result: { default_environment: { script: { last_deployed_from: 'wrangler' } } } }
    if (part === 'settings')
      return {
        result: {
          bindings: [
            { type: 'd1', name: 'DB', id: scripts.get(script)?.database },
            { type: 'kv_namespace', name: 'SNAPSHOTS' },
          ],
        },
      }
    if (path.includes('/workers/subdomain')) return { result: { subdomain: 'example' } }
    return { result: {} }
  }

  const serve = async (request: IncomingMessage) => {
    const { method = '', url = '' } = request
    const body = await text(request.setEncoding('latin1'))
    const { result = null, status = 200, code } = answer(method, url, body)
    const errors = code === undefined ? [] : [{ code, message: 'refused by the fake' }]
    return {
      status,
      text: JSON.stringify({ success: code === undefined, result, errors, messages: [] }),
    }
  }

  const server = createServer((request, response) => {
    void serve(request).then(
      ({ status, text: body }) =>
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    scripts,
    /** From now on D1 refuses each query. */
    breakDatabases: () => void (isBroken = true),
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
