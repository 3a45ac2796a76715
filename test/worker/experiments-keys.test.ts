import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  ADMIN,
  readAudit,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
} from '../support/api.ts'
import { draft, HALVES, isolate, rows, runExperiment } from '../support/experiments.ts'
import { lyingD1 } from '../support/faults.ts'

beforeAll(seedKeys)

const create = (key: string) =>
  send('POST', '/api/experiments', { as: ADMIN, body: { key, variants: HALVES } })
const put = (key: string) => send('PUT', `/api/flags/${key}`, { as: ADMIN, body: {} })
const remove = (path: string) => send('DELETE', `/api/${path}`, { as: ADMIN })

const holders = (key: string) =>
  rows<{ kind: string }>(
    `SELECT 'flag' AS kind FROM feature_flag WHERE key = ?1
     UNION ALL SELECT 'experiment' FROM experiment WHERE key = ?1`,
    key,
  )

const conflict = { status: 409, errorCode: 'CONFLICT' }

describe('Key namespace of flags and experiments', () => {
  it('creating an experiment with the key of a flag answers 409', async () => {
    await putFlag('flag-first')
    const before = await recorded()
    expect(await problem(create('flag-first'))).toMatchObject(conflict)
    expect(await recorded()).toEqual(before)
    expect(await holders('flag-first')).toEqual([{ kind: 'flag' }])
  })

  it('creating an experiment with the key of another one, in any status, answers 409', async () => {
    await draft('twice')
    await runExperiment('twice-running')
    const before = await recorded()
    for (const key of ['twice', 'twice-running'])
      expect(await problem(create(key))).toMatchObject(conflict)
    expect(await recorded()).toEqual(before)
  })

  it('creating a flag with the key of an experiment answers 409', async () => {
    await draft('experiment-first')
    const before = await recorded()
    for (const method of ['PUT', 'PATCH']) {
      const answer = send(method, '/api/flags/experiment-first', { as: ADMIN, body: {} })
      expect([404, 409]).toContain((await problem(answer)).status)
    }
    expect(await problem(put('experiment-first'))).toMatchObject(conflict)
    expect(await recorded()).toEqual(before)
    expect(await holders('experiment-first')).toEqual([{ kind: 'experiment' }])
  })

  it('a key is free again after its flag or experiment is deleted', async () => {
    await draft('handed-over')
    expect((await remove('experiments/handed-over')).status).toBe(200)
    expect((await put('handed-over')).status).toBe(201)
    expect((await remove('flags/handed-over')).status).toBe(200)
    expect((await create('handed-over')).status).toBe(201)
    expect(await holders('handed-over')).toEqual([{ kind: 'experiment' }])
  })

  it('D1 refuses a second owner of a key when rows are written past the API', async () => {
    await draft('past-the-api')
    await rows(
      `INSERT INTO feature_flag VALUES ('past-the-api', NULL, 1, 100, NULL, 0, 1, 0, 0, NULL)
       ON CONFLICT DO NOTHING`,
    )
    expect(await holders('past-the-api')).toEqual([{ kind: 'experiment' }])
    await putFlag('past-the-api-too')
    await rows(
      `INSERT INTO experiment (key, variants, status, version, created_at, updated_at)
       VALUES ('past-the-api-too', '[]', 'DRAFT', 1, 0, 0)
       ON CONFLICT DO NOTHING`,
    )
    expect(await holders('past-the-api-too')).toEqual([{ kind: 'flag' }])
  })
})

/** An isolate in which something happens after an edit has looked, and before it commits. */
const overtaken = (by: () => Promise<unknown>) => {
  const { d1, control } = lyingD1(env.DB)
  control.beforeBatch = async () => {
    control.beforeBatch = undefined
    await by()
  }
  return isolate({ DB: d1 })
}

describe('Edit that loses a race between its read and its commit', () => {
  it('creates no experiment when a flag took the key', async () => {
    const late = overtaken(() => put('overtaken-1'))
    const body = { key: 'overtaken-1', variants: HALVES }
    const answer = sendWith(late, 'POST', '/api/experiments', { as: ADMIN, body })
    expect(await problem(answer)).toMatchObject(conflict)
    expect(await holders('overtaken-1')).toEqual([{ kind: 'flag' }])
    expect(await readAudit('experiment:overtaken-1')).toEqual([])
  })

  it('creates no flag when an experiment took the key', async () => {
    const late = overtaken(() => create('overtaken-2'))
    const answer = sendWith(late, 'PUT', '/api/flags/overtaken-2', { as: ADMIN, body: {} })
    expect(await problem(answer)).toMatchObject(conflict)
    expect(await holders('overtaken-2')).toEqual([{ kind: 'experiment' }])
    expect(await readAudit('flag:overtaken-2')).toEqual([])
  })

  it('creates no second experiment when another one took the key', async () => {
    const late = overtaken(() => create('overtaken-3'))
    const body = { key: 'overtaken-3', variants: HALVES }
    const answer = sendWith(late, 'POST', '/api/experiments', { as: ADMIN, body })
    expect(await problem(answer)).toMatchObject(conflict)
    expect(await readAudit('experiment:overtaken-3')).toHaveLength(1)
  })

  it('creates no flag with a version that another flag had meanwhile', async () => {
    const late = overtaken(async () => {
      await put('overtaken-4')
      await remove('flags/overtaken-4')
    })
    const answer = sendWith(late, 'PUT', '/api/flags/overtaken-4', { as: ADMIN, body: {} })
    expect(await json(answer)).toMatchObject({ flag: { version: 2 } })
  })

  it('creates no experiment with a version that another one had meanwhile', async () => {
    const late = overtaken(async () => {
      await create('overtaken-5')
      await remove('experiments/overtaken-5')
    })
    const body = { key: 'overtaken-5', variants: HALVES }
    const answer = sendWith(late, 'POST', '/api/experiments', { as: ADMIN, body })
    expect(await problem(answer)).toMatchObject({ status: 503, errorCode: 'UNAVAILABLE' })
    expect(await json(create('overtaken-5'))).toMatchObject({ experiment: { version: 2 } })
  })

  it('imports nothing with a version that another flag had meanwhile', async () => {
    const late = overtaken(async () => {
      await put('overtaken-6')
      await create('overtaken-7')
      await remove('flags/overtaken-6')
      await remove('experiments/overtaken-7')
    })
    const body = {
      format: 'indietix-flags',
      version: 1,
      flags: [{ key: 'overtaken-6' }],
      experiments: [{ key: 'overtaken-7', variants: HALVES }],
    }
    const answer = await sendWith(late, 'POST', '/api/import', { as: ADMIN, body })
    expect(answer.status).toBe(200)
    const versions = ['flags/overtaken-6', 'experiments/overtaken-7'].map(async (path) =>
      json(send('GET', `/api/${path}`, { as: ADMIN })),
    )
    expect(await Promise.all(versions)).toMatchObject([{ version: 2 }, { version: 2 }])
  })
})

describe('Concurrent requests for one key', () => {
  const rounds = Array.from({ length: 12 }, (_, round) => round)

  it.each(rounds)(
    'either a flag or an experiment is created, never both: round %i',
    async (round) => {
      const key = `race-${round}`
      const before = await recorded()
      const requests = [put, create, put, create]
      const answers = await Promise.all(
        (round % 2 === 0 ? requests : requests.toReversed()).map((request) => request(key)),
      )
      const kinds = await holders(key)
      expect(kinds).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(answers.every(({ status }) => [200, 201, 409].includes(status))).toBe(true)
      const audits = await Promise.all([readAudit(`flag:${key}`), readAudit(`experiment:${key}`)])
      expect(audits.flat()).toHaveLength(1)
      expect((await recorded())?.snapshotVersion).toBe((before?.snapshotVersion ?? 0) + 1)
    },
  )

  it('one experiment is created, however many requests there are', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => create('race-many')))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array(11).fill(409),
    ])
    expect(await readAudit('experiment:race-many')).toHaveLength(1)
  })
})
