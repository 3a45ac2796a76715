import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { credential } from '../support/server-api.ts'
import { freePort, run, type Running } from '../support/server-process.ts'

/*
 * Backup and restore as in the runbook, with real processes and the real files of D1. Only the database goes back in
 * time; the Publisher, KV and the participant objects keep their state.
 */

const started: Running[] = []
let place = ''

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'flags-restore-'))
})
afterAll(async () => {
  for (const { end } of started) end()
  await Promise.all(started.map(({ ended }) => ended))
  await rm(place, { recursive: true, force: true })
})

const start = async () => {
  const settings = { STATE_DIR: join(place, 'state'), TMPDIR: place }
  const running = run(['npm', 'start'], await freePort(), settings)
  started.push(running)
  await running.up()
  return running
}

const stop = async (running: Running) => {
  running.signal('SIGINT', 'group')
  await running.ended
  await running.nothingIsLeft()
}

const d1 = () => join(place, 'state/v3/d1')
const backup = () => join(place, 'backup')

const isOn = async ({ evaluate }: Running, minVersion = 0) => {
  const { flags, version } = await evaluate({ userId: 'u-42' }, minVersion)
  return { value: flags['booking.enabled'], version }
}

it('D1 restore: takes effect by itself under a new version, and later edits are published', async () => {
  const first = await start()
  await first.updateFlag('booking.enabled', { comment: 'before', description: 'As it was.' })
  await stop(first)
  await cp(d1(), backup(), { recursive: true })

  const second = await start()
  for (const rollout of [10, 20, 30]) await second.setFlag('after.backup', { rollout })
  const mistake = await second.updateFlag('booking.enabled', { enabled: false, description: null })
  expect(await isOn(second, mistake.snapshotVersion)).toMatchObject({ value: false })
  const assigned = await second.ask('POST', '/v1/experiments/checkout-redesign/assign', {
    as: credential.client,
    body: { context: { userId: 'u-42' } },
  })
  await stop(second)
  await rm(d1(), { recursive: true })
  await cp(backup(), d1(), { recursive: true })

  const third = await start()
  await vi.waitFor(async () => expect(await isOn(third)).toMatchObject({ value: true }), {
    timeout: 30_000,
    interval: 500,
  })
  expect((await isOn(third)).version).toBe(mistake.snapshotVersion + 1)
  const flag = await third.ask('GET', '/api/flags/booking.enabled', { as: credential.viewer })
  expect(flag).toMatchObject({ enabled: true, description: 'As it was.' })
  const again = await third.ask('POST', '/v1/experiments/checkout-redesign/assign', {
    as: credential.client,
    body: { context: { userId: 'u-42' } },
  })
  expect(again).toEqual({ ...(assigned as object), isNew: false })
  const edit = await third.updateFlag('booking.enabled', { enabled: false })
  expect(await isOn(third, edit.snapshotVersion)).toEqual({
    value: false,
    version: edit.snapshotVersion,
  })
  await stop(third)
}, 240_000)
