import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { credential } from '../support/server-api.ts'
import { startServer } from '../support/server.ts'

/*
 * A shell runs the command of docs/runbook.md against a real server. Renamed tables make every D1 query fail until
 * they get their names back.
 */

const ADMIN_TOKEN = 'kept-where-the-on-call-finds-it'
const KEY = 'booking.enabled'
const TABLES = ['feature_flag', 'experiment', 'api_key', 'admin_action', 'snapshot_state']

let server: Awaited<ReturnType<typeof startServer>>
beforeAll(async () => {
  server = await startServer({ secrets: { ADMIN_TOKEN }, hasErrors: true })
  await server.setFlag(KEY, { enabled: true, rollout: 100, killSwitch: true })
})
afterAll(() => server.close())

const rename = (from: string, to: string) =>
  server.d1.batch(
    TABLES.map((table) => server.d1.prepare(`ALTER TABLE ${from}${table} RENAME TO ${to}${table}`)),
  )

const runbookCommand = async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8')
  const command = /^## Break glass\n.*?```sh\n(.*?)^#/ms.exec(text)?.[1]
  if (command === undefined) throw new Error('docs/runbook.md has no such command')
  return command
}

const curl = async () => {
  const env = { ...process.env, FLAGS_URL: server.url, ADMIN_TOKEN }
  const { stdout } = await promisify(execFile)('bash', ['-c', await runbookCommand()], { env })
  return JSON.parse(stdout) as { snapshotVersion: number }
}

it('Runbook command: switches a flag off while D1 fails, and D1 has the edit afterwards', async () => {
  expect((await server.evaluate({ userId: 'u-1' })).flags[KEY]).toBe(true)
  await rename('', 'gone_')
  const refused = await server.send('PATCH', `/api/flags/${KEY}`, {
    as: credential.admin,
    body: { enabled: false },
  })
  expect(refused.status).toBe(503)

  const broken = await curl()
  expect(broken).toMatchObject({ key: KEY, enabled: false, changed: true, reconciled: false })
  const { flags } = await server.evaluate({ userId: 'u-1' }, broken.snapshotVersion)
  expect(flags[KEY]).toBe(false)
  expect(await server.ask('GET', '/health')).toMatchObject({ overridesPending: 1 })

  await rename('gone_', '')
  const audited = async () =>
    (
      await server.ask<{ items: { action: string }[] }>('GET', `/api/audit?target=flag:${KEY}`, {
        as: credential.viewer,
      })
    ).items.filter(({ action }) => action === 'flag.break_glass')
  await vi.waitFor(async () => expect(await audited()).toHaveLength(1), {
    timeout: 50_000,
    interval: 250,
  })
  expect(await audited()).toMatchObject([
    { actor: 'ADMIN_TOKEN', comment: 'venue flooded, D1 down', after: { enabled: false } },
  ])
  expect(await server.ask('GET', `/api/flags/${KEY}`, { as: credential.viewer })).toMatchObject({
    enabled: false,
  })
  expect(await curl()).toMatchObject({ changed: false, reconciled: true })
  expect(await server.updateFlag(KEY, { enabled: true })).toMatchObject({ published: true })
  expect((await server.evaluate({ userId: 'u-1' })).flags[KEY]).toBe(true)
})
