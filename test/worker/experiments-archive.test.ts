import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Experiment } from '../../schema/experiment.ts'
import { purgeDeletedExperiments, PURGE_USERS } from '../../worker/store/delete-experiment.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { readSnapshot } from '../../worker/store/snapshot.ts'
import {
  ADMIN,
  readAudit,
  CLIENT,
  json,
  problem,
  recorded,
  seedKeys,
  send,
  VIEWER,
} from '../support/api.ts'
import {
  act,
  assign,
  draft,
  drain,
  expose,
  exposuresTo,
  HALVES,
  rows,
  runExperiment,
  track,
  userWith,
} from '../support/experiments.ts'

beforeAll(seedKeys)

const get = (key: string) => send('GET', `/api/experiments/${key}`, { as: VIEWER })
const read = (key: string) => json<Experiment>(get(key))
const remove = (key: string) =>
  send('DELETE', `/api/experiments/${key}`, { as: ADMIN, body: { comment: 'no longer needed' } })

const refuseArchive = (key: string) =>
  problem(send('POST', `/api/experiments/${key}/archive`, { as: ADMIN, body: {} }))

const listedKeys = async () => {
  const { items } = await json<{ items: Experiment[] }>(
    send('GET', '/api/experiments?limit=200', { as: VIEWER }),
  )
  return items.map(({ key }) => key)
}

/** A stopped experiment in which one user saw A and booked. */
const finished = async (key: string) => {
  const minVersion = await runExperiment(key)
  const userId = await userWith(key, 'A', { minVersion })
  await assign(key, userId, { minVersion })
  await track([{ id: `${key}-b`, type: 'booking.confirmed', userId }], { minVersion })
  await drain(userId)
  await act(key, 'stop')
  return userId
}

describe('POST /api/experiments/{key}/archive', () => {
  it('takes a stopped experiment out of the list and the snapshot, and keeps its results', async () => {
    const userId = await finished('done')
    const before = await json<object>(send('GET', '/api/experiments/done/metrics', { as: VIEWER }))
    const minVersion = await act('done', 'archive', { comment: 'nothing more to learn' })
    expect(await listedKeys()).not.toContain('done')
    expect(await read('done')).toMatchObject({
      status: 'STOPPED',
      archivedAt: expect.any(String) as string,
    })
    const { variants } = await json<{ variants: unknown }>(
      send('GET', '/api/experiments/done/metrics', { as: VIEWER }),
    )
    expect(before).toMatchObject({ variants })
    const answer = send('POST', `/v1/experiments/done/assign?minVersion=${minVersion}`, {
      as: CLIENT,
      body: { context: { userId } },
    })
    expect(await problem(answer)).toMatchObject({ errorCode: 'EXPERIMENT_NOT_FOUND' })
    expect(await expose([exposuresTo('done')(userId, 'late')], { minVersion })).toMatchObject({
      rejected: [{ errorCode: 'EXPERIMENT_NOT_FOUND' }],
    })
    expect((await readAudit('experiment:done'))[0]).toMatchObject({
      action: 'experiment.archive',
      comment: 'nothing more to learn',
    })
  })

  it('answers 409 before the stop, and says what comes first', async () => {
    await draft('too-early')
    expect((await refuseArchive('too-early')).errorDetails).toContain('delete it instead')
    await act('too-early', 'launch')
    const refused = await refuseArchive('too-early')
    expect(refused).toMatchObject({ status: 409, errorCode: 'CONFLICT' })
    expect(refused.errorDetails).toContain('it is RUNNING: stop it first')
  })

  it('can be taken back, and repeated without a second audit entry', async () => {
    await finished('back-again')
    await act('back-again', 'archive')
    await act('back-again', 'archive')
    expect(await readAudit('experiment:back-again')).toHaveLength(4)
    await act('back-again', 'unarchive')
    expect(await listedKeys()).toContain('back-again')
    expect(await read('back-again')).toMatchObject({ status: 'STOPPED', archivedAt: null })
  })
})

describe('DELETE /api/experiments/{key}', () => {
  it('deletes an archived experiment with its results and its rows of users', async () => {
    const userId = await finished('gone')
    expect(await problem(remove('gone'))).toMatchObject({
      status: 409,
      errorDetails: 'it is STOPPED and its results are kept: to delete them, archive it first',
    })
    await act('gone', 'archive')
    const before = (await recorded())?.snapshotVersion ?? 0
    expect((await remove('gone')).status).toBe(200)
    expect((await recorded())?.snapshotVersion).toBe(before + 1)
    await purgeDeletedExperiments(env)
    expect((await get('gone')).status).toBe(404)
    for (const table of ['assignment', 'exposure', 'rollup', 'history'])
      expect(await rows(`SELECT * FROM experiment_${table} WHERE experiment_key = 'gone'`)).toEqual(
        [],
      )
    expect(await rows('SELECT id FROM event WHERE user_id = ?', userId)).toEqual([{ id: 'gone-b' }])
    expect((await readAudit('experiment:gone'))[0]).toMatchObject({
      action: 'experiment.delete',
      comment: 'no longer needed',
      before: { key: 'gone', status: 'STOPPED' },
    })
  })

  it('keeps the key for ever, because participants still have the old variants', async () => {
    await finished('used-up')
    await act('used-up', 'archive')
    await remove('used-up')
    const again = send('POST', '/api/experiments', {
      as: ADMIN,
      body: { key: 'used-up', variants: HALVES },
    })
    expect(await problem(again)).toMatchObject({
      status: 409,
      errorDetails: expect.stringContaining('ran and was deleted') as string,
    })
    const document = {
      format: 'indietix-flags',
      version: 1,
      flags: [],
      experiments: [{ key: 'used-up', variants: HALVES }],
    }
    const imported = json(send('POST', '/api/import', { as: ADMIN, body: document }))
    expect(await imported).toMatchObject({
      experimentChanges: [],
      skipped: [
        { key: 'used-up', reason: expect.stringContaining('ran and was deleted') as string },
      ],
      unchanged: 0,
    })
    const [{ id } = { id: 0 }] = await readAudit('experiment:used-up')
    const reverted = send('POST', `/api/audit/${id}/revert`, { as: ADMIN, body: { force: true } })
    expect((await problem(reverted)).errorDetails).toContain('ran and was deleted')
    await rows(
      `INSERT INTO experiment (key, variants, status, version, created_at, updated_at)
       SELECT 'used-up', variants, 'DRAFT', 1, 0, 0 FROM experiment LIMIT 1 ON CONFLICT DO NOTHING`,
    )
    expect(await rows(`SELECT key FROM experiment WHERE key = 'used-up'`)).toEqual([])
  })

  it('deletes rows that arrive from an outbox after the deletion', async () => {
    await finished('late-outbox')
    await act('late-outbox', 'archive')
    await remove('late-outbox')
    await purgeDeletedExperiments(env)
    await rows(
      `INSERT INTO experiment_assignment (experiment_key, user_id, variant, assigned_at) VALUES ('late-outbox', 'u', 'A', 1)`,
    )
    await purgeDeletedExperiments(env)
    // D1 has had this user's assignment before the deletion, so only the exposure is new.
    await rows(
      `INSERT INTO experiment_exposure (user_id, id, experiment_key, variant, at) VALUES ('v', 'e', 'late-outbox', 'A', 1)`,
    )
    for (const table of ['assignment', 'exposure', 'rollup'])
      expect(
        await rows(`SELECT * FROM experiment_${table} WHERE experiment_key = 'late-outbox'`),
      ).toEqual([])
  })

  it('deletes the rows of many users in slices', async () => {
    await finished('crowd')
    await rows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${3 * PURGE_USERS})
       INSERT INTO experiment_assignment (experiment_key, user_id, variant, assigned_at) SELECT 'crowd', 'u' || i, 'A', 1 FROM n`,
    )
    await rows(
      `INSERT INTO experiment_exposure (user_id, id, experiment_key, variant, at)
       SELECT user_id, 'e', 'crowd', 'A', 2 FROM experiment_assignment WHERE experiment_key = 'crowd'`,
    )
    await act('crowd', 'archive')
    await remove('crowd')
    await purgeDeletedExperiments(env)
    for (const table of ['assignment', 'exposure'])
      expect(
        await rows(`SELECT count(*) AS n FROM experiment_${table} WHERE experiment_key = 'crowd'`),
      ).toEqual([{ n: 0 }])
  })
})

/** The experiment `long-ago` in a snapshot that is built so many days from now. */
const buildAfter = async (days: number) => {
  const builtAt = new Date(Date.now() + days * 86_400_000)
  const { snapshot } = await readSnapshot(openDatabase(env.DB), builtAt)
  return snapshot.experiments.find((each) => Object(each).key === 'long-ago')
}

it('Snapshot: an experiment that stopped 8 days ago has no variants, so that thousands fit', async () => {
  await finished('long-ago')
  expect(await buildAfter(6)).toMatchObject({ variants: HALVES })
  expect(await buildAfter(8)).toMatchObject({ variants: [], status: 'STOPPED' })
})
