import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import type { BatchResponse } from '../../schema/participation.ts'
import { credential } from '../support/server-api.ts'
import { freePort, run, type Running } from '../support/server-process.ts'

/*
 * While the server accepts exposures, SIGKILL ends all its processes at once, and a new server starts on the same disk.
 * This happens twice. Every acknowledged exposure must be in D1 exactly once.
 */

const KEY = 'durability'
const SENDERS = 6
const BATCH = 25
const USERS = 40

type Exposure = { id: string; experimentKey: string; userId: string; variant: string }
type Batch = readonly Exposure[]

const place = { path: '' }
const started: Running[] = []

beforeAll(async () => {
  place.path = await mkdtemp(join(tmpdir(), 'flags-durability-'))
})

afterAll(async () => {
  for (const { end } of started) end()
  await Promise.all(started.map(({ ended }) => ended))
  await rm(place.path, { recursive: true, force: true })
})

const stateDir = () => join(place.path, 'state')

const start = async (): Promise<Running> => {
  const server = run(['npm', 'start'], await freePort(), {
    STATE_DIR: stateDir(),
    TMPDIR: place.path,
  })
  started.push(server)
  await server.up()
  return server
}

const asAdmin = { as: credential.admin }

/** Launches an experiment in which every user gets A, and returns its snapshot version. */
const launch = async ({ ask }: Running): Promise<number> => {
  const variants = [
    { name: 'A', weight: 10_000 },
    { name: 'B', weight: 1 },
  ]
  await ask('POST', '/api/experiments', { ...asAdmin, body: { key: KEY, variants } })
  const { snapshotVersion } = await ask<{ snapshotVersion: number }>(
    'POST',
    `/api/experiments/${KEY}/launch`,
    { ...asAdmin, body: {} },
  )
  return snapshotVersion
}

const sequence = { next: 0 }
const makeBatch = (): Batch =>
  Array.from({ length: BATCH }, () => {
    const number = sequence.next++
    return {
      id: `e-${number}`,
      experimentKey: KEY,
      userId: `durable-${number % USERS}`,
      variant: 'A',
    }
  })

/** Sends a batch and returns true when the server acknowledged every item. */
const sendBatch = async (
  { send }: Running,
  exposures: Batch,
  minVersion: number,
): Promise<boolean> => {
  const answer = await send('POST', `/v1/exposures?minVersion=${minVersion}`, {
    as: credential.server,
    body: { exposures },
  })
  if (answer.status !== 202) return false
  const { accepted, duplicates, rejected }: BatchResponse = await answer.json()
  expect(rejected).toEqual([])
  return accepted + duplicates === exposures.length
}

/** Sends batches from several senders, and kills the server after this many acknowledgements. */
const streamUntilKilled = async (server: Running, minVersion: number, killAfter: number) => {
  const acknowledged: Batch[] = []
  const unanswered: Batch[] = []
  let isKilled = false
  const sendOn = async () => {
    while (!isKilled) {
      const batch = makeBatch()
      try {
        const list = (await sendBatch(server, batch, minVersion)) ? acknowledged : unanswered
        list.push(batch)
      } catch {
        unanswered.push(batch)
      }
      if (acknowledged.length >= killAfter && !isKilled) {
        isKilled = true
        server.end()
      }
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sendOn))
  await server.ended
  await server.nothingIsLeft()
  return { acknowledged, unanswered }
}

const readMetrics = async ({ ask }: Running) => {
  const { variants } = await ask<Metrics>('GET', `/api/experiments/${KEY}/metrics`, asAdmin)
  return variants.find(({ name }) => name === 'A')
}

/** Reads the database of a server that has stopped. */
const readD1 = async () => {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      cf: false,
      d1Databases: { DB: 'DB' },
      resourcePersistencePath: join(stateDir(), 'v3'),
    }),
  )
  try {
    const db = await miniflare.getD1Database('DB')
    const read = async (query: string) =>
      (await db.prepare(query).bind(KEY).all<Record<string, string | number>>()).results
    return {
      exposures: await read(
        'SELECT user_id, id FROM experiment_exposure WHERE experiment_key = ? ORDER BY id',
      ),
      assignments: await read(
        'SELECT user_id, variant, exposures FROM experiment_assignment WHERE experiment_key = ?',
      ),
      rollup: await read(
        `SELECT sum(assignments) AS assignments, sum(exposures) AS exposures,
           sum(exposed_users) AS exposedUsers
         FROM experiment_rollup WHERE experiment_key = ?`,
      ),
    }
  } finally {
    await miniflare.dispose()
  }
}

const byId = (a: Exposure, b: Exposure) => (a.id < b.id ? -1 : 1)

const sum = (batches: readonly Batch[]) => batches.length * BATCH

it('Durability: every acknowledged exposure is in D1 exactly once after two SIGKILLs', async () => {
  const acknowledged: Batch[] = []
  const unanswered: Batch[] = []
  let server = await start()
  const minVersion = await launch(server)
  for (const killAfter of [20, 60]) {
    const streamed = await streamUntilKilled(server, minVersion, killAfter)
    acknowledged.push(...streamed.acknowledged)
    unanswered.push(...streamed.unanswered)
    server = await start()
    // No request follows: the outboxes of the participant objects must drain by themselves.
    await vi.waitFor(
      async () =>
        expect((await readMetrics(server))?.exposures).toBeGreaterThanOrEqual(sum(acknowledged)),
      { timeout: 60_000, interval: 250 },
    )
    expect((await readMetrics(server))?.exposures).toBeLessThanOrEqual(
      sum(acknowledged) + sum(unanswered),
    )
  }
  expect(unanswered.length).toBeGreaterThan(0)

  // Send the unanswered batches again, and some acknowledged ones too. Each item still counts once.
  for (const batch of [...unanswered, ...acknowledged.slice(0, 10)])
    await vi.waitFor(async () => expect(await sendBatch(server, batch, minVersion)).toBe(true), {
      timeout: 30_000,
    })
  const all = [...acknowledged, ...unanswered].flat()
  await vi.waitFor(
    async () =>
      expect(await readMetrics(server)).toMatchObject({
        assignments: USERS,
        exposures: all.length,
        exposedUsers: USERS,
      }),
    { timeout: 60_000, interval: 250 },
  )

  server.signal('SIGTERM', 'process')
  await server.ended
  await server.nothingIsLeft()
  const stored = await readD1()
  expect(stored.exposures).toEqual(
    all.toSorted(byId).map(({ userId, id }) => ({ user_id: userId, id })),
  )
  expect(stored.assignments).toHaveLength(USERS)
  expect(new Set(stored.assignments.map(({ variant }) => variant))).toEqual(new Set(['A']))
  expect(stored.rollup).toEqual([
    { assignments: USERS, exposures: all.length, exposedUsers: USERS },
  ])
}, 300_000)
