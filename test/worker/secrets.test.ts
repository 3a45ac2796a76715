import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { KeyKind } from '../../schema/key.ts'
import { Snapshot, SnapshotKey } from '../../schema/snapshot.ts'
import { getPublisher } from '../../worker/objects/stubs.ts'
import { ADMIN, makeKey, seedKeys, send, sendWith, watchConsole } from '../support/api.ts'
import { lyingD1 } from '../support/faults.ts'

const ROOT = 'the-root-token-of-this-deployment'

const logged = watchConsole()

const secrets: string[] = [ROOT]

/** Uses each credential in every way that one can, well and badly. */
beforeAll(async () => {
  await seedKeys()
  const { control, d1 } = lyingD1(env.DB)
  const far = { ...env, DB: d1, ADMIN_TOKEN: ROOT }
  for (const kind of KeyKind.options) {
    const { id, secret, version } = await makeKey(`secret of ${kind}`, kind)
    secrets.push(secret)
    const uses = async (as: string) => {
      const headers = { 'X-API-Key': as }
      await send('GET', '/api/me', { as })
      await send('POST', `/v1/flags/evaluate?minVersion=${version}`, { as, body: { context: {} } })
      await send('POST', '/v1/flags/evaluate', { headers, body: '{"context":' })
      await send('POST', '/ofrep/v1/evaluate/flags', { headers, body: { context: { role: 1 } } })
      await send('PUT', `/api/flags/secret.${kind}`, { as, body: { enabled: true } })
      for (const mode of ['honest', 'down', 'commits silently'] as const) {
        control.mode = mode
        await sendWith(far, 'GET', '/api/flags', { as })
        await sendWith(far, 'POST', '/api/keys', { as, body: { name: `${kind}${mode}`, kind } })
        await sendWith(far, 'PUT', `/api/flags/by.${kind}`, { as, body: { comment: mode } })
      }
    }
    await uses(secret)
    await uses(ROOT)
    await send('DELETE', `/api/keys/${id}`, { as: ADMIN })
    await send('GET', '/api/me', { as: secret })
  }
})

const rowsOfD1 = async () => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
  ).all<{ name: string }>()
  return Promise.all(results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()))
}

const snapshotOfPublisher = () =>
  runInDurableObject(getPublisher(env), (_, { storage }) =>
    storage.sql
      .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM part ORDER BY number')
      .toArray()
      .map(({ bytes }) => new TextDecoder().decode(bytes))
      .join(''),
  )

const places: [string, () => Promise<unknown>, string][] = [
  ['a row of D1', rowsOfD1, 'secret of client'],
  ['the snapshot in KV', () => env.SNAPSHOTS.get('snapshot'), '"keys"'],
  ['the storage of the Publisher', snapshotOfPublisher, 'secret.admin'],
  ['a list of keys', readAnswer('/api/keys?limit=200'), 'secret of client'],
  ['a list of flags', readAnswer('/api/flags?limit=200'), 'secret.admin'],
  ['the audit', readAnswer('/api/audit?limit=200'), 'secret of client'],
  ['the OpenAPI document', readAnswer('/openapi.json'), 'openapi'],
  ['a log line', async () => logged, 'D1_ERROR'],
]

function readAnswer(path: string) {
  return async () => (await send('GET', path, { as: ADMIN })).text()
}

it.each(places)('Secrets: no secret stands in %s', async (_, read, proofThatItWasRead) => {
  const text = JSON.stringify(await read())
  expect(text).toContain(JSON.stringify(proofThatItWasRead).slice(1, -1))
  for (const secret of secrets) expect(text).not.toContain(secret)
})

it('Secrets: no hash of a secret leaves the service or is logged', async () => {
  const { results } = await env.DB.prepare('SELECT hash FROM api_key').all<{ hash: string }>()
  const shown = await Promise.all(
    ['/api/keys?limit=200', '/api/audit?limit=200'].map((path) => readAnswer(path)()),
  )
  const text = shown.join('') + JSON.stringify(logged)
  expect(results.length).toBeGreaterThan(5)
  for (const { hash } of results) expect(text).not.toContain(hash)
})

it('Secrets: the snapshot has the hashes of evaluation keys, and none of admin tokens', async () => {
  const { keys } = Snapshot.parse(JSON.parse(await snapshotOfPublisher()))
  const kinds = keys.map((key) => SnapshotKey.parse(key).kind)
  expect(new Set(kinds)).toEqual(new Set(['client', 'server']))
})

it('Secrets: the prefix of each kind of key is unique', () => {
  const made = secrets.slice(1)
  expect(made.map((secret) => secret.split('_')[1])).toEqual(KeyKind.options)
  expect(new Set(made.map((secret) => secret.split('_')[2])).size).toBe(made.length)
})
