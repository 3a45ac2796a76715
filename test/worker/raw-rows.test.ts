import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { RawRow } from '../../schema/raw-rows.ts'
import { hashUserId } from '../../worker/objects/participant/hash-user-id.ts'
import { RAW_PAGE } from '../../worker/store/raw-rows.ts'
import {
  ADMIN,
  readAudit,
  EDITOR,
  problem,
  recorded,
  seedKeys,
  send,
  sendWith,
} from '../support/api.ts'
import { lyingD1 } from '../support/faults.ts'
import { draft, isolate, rows } from '../support/experiments.ts'

const KEY = 'raw'
const download = (query = '') => send('GET', `/api/experiments/${KEY}/rows${query}`, { as: ADMIN })

const USERS = [
  ['=2+3', 'B', 1, 2_000, null],
  ['007', 'A', 1, null, null],
  ['u-1', 'A', 2, 2_000, null],
  ['u-2', 'B', 2, 2_000, 'A'],
  ['u-3', 'B', 2, 2_000, null],
] as const

beforeAll(async () => {
  await seedKeys()
  await draft(KEY)
  await draft('crowded')
  for (const [userId, variant, phase, exposedAt, conflict] of USERS) {
    await rows(
      `INSERT INTO experiment_assignment (experiment_key, user_id, variant, assigned_at, phase, conflict)
       VALUES (?, ?, ?, 1000, ?, ?)`,
      KEY,
      userId,
      variant,
      phase,
      conflict,
    )
    if (exposedAt !== null)
      await rows(
        `INSERT INTO experiment_exposure (user_id, id, experiment_key, variant, at) VALUES (?, 'e', ?, ?, ?)`,
        userId,
        KEY,
        variant,
        exposedAt,
      )
  }
  await rows(
    `INSERT INTO experiment_exclusion (experiment_key, user_id, reason, is_kept) VALUES (?, 'u-3', 'tester', 1)`,
    KEY,
  )
  await rows(
    `INSERT INTO event (user_id, id, type, at) VALUES ('u-1', 'b', 'booking.confirmed', 3000)`,
  )
  await rows(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${2 * RAW_PAGE})
     INSERT INTO experiment_assignment (experiment_key, user_id, variant, assigned_at)
     SELECT 'crowded', printf('u%06d', i), 'A', 1 FROM n`,
  )
})

describe('GET /api/experiments/{key}/rows', () => {
  it('answers one line of JSON for each user, with the hash of the id', async () => {
    const answer = await download()
    expect(answer.headers.get('Content-Type')).toBe('application/x-ndjson; charset=utf-8')
    expect(answer.headers.get('Content-Disposition')).toBe('attachment; filename="raw-rows.ndjson"')
    const lines = (await answer.text()).trim().split('\n')
    const found = lines.map((line) => RawRow.strict().parse(JSON.parse(line)))
    expect(found).toHaveLength(USERS.length)
    expect(found.find(({ user }) => user === hashUserId('u-1'))).toEqual({
      user: hashUserId('u-1'),
      variant: 'A',
      phase: 2,
      assignedAt: '1970-01-01T00:00:01.000Z',
      firstExposedAt: '1970-01-01T00:00:02.000Z',
      exposures: 1,
      converted: true,
      clicks: 0,
      isCounted: true,
    })
    expect(found.find(({ user }) => user === hashUserId('u-2'))?.isCounted).toBe(false)
  })

  it('answers CSV in which a user id is neither a formula nor a number', async () => {
    const answer = await download('?format=csv&user=id')
    expect(answer.headers.get('Content-Disposition')).toBe('attachment; filename="raw-rows.csv"')
    const [head, ...lines] = (await answer.text()).trim().split('\r\n')
    expect(head).toBe(
      'user,variant,phase,assigned_at,first_exposed_at,exposures,converted,clicks,is_counted',
    )
    expect(lines).toEqual([
      `'007,A,1,1970-01-01T00:00:01.000Z,,0,false,0,true`,
      `'=2+3,B,1,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z,1,false,0,true`,
      `u-1,A,2,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z,1,true,0,true`,
      `u-2,B,2,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z,1,false,0,false`,
      `u-3,B,2,1970-01-01T00:00:01.000Z,1970-01-01T00:00:02.000Z,1,false,0,false`,
    ])
  })

  it('writes the download to the audit and moves no version', async () => {
    const before = await recorded()
    await (await download('?format=csv')).text()
    expect(await recorded()).toEqual({ ...before, audits: (before?.audits ?? 0) + 1 })
    const [entry] = await readAudit(`experiment:${KEY}`)
    expect(entry).toMatchObject({
      action: 'experiment.download',
      actor: 'local admin',
      before: null,
      after: null,
      comment: 'csv, user hash',
    })
    const reverted = send('POST', `/api/audit/${entry?.id}/revert`, {
      as: ADMIN,
      body: { force: true },
    })
    expect(await problem(reverted)).toMatchObject({
      status: 409,
      errorDetails: 'a download changed nothing, so there is nothing to revert',
    })
  })

  it('reads all pages, one after the other', async () => {
    const text = await (
      await send('GET', '/api/experiments/crowded/rows?user=id', { as: ADMIN })
    ).text()
    const users = text
      .trim()
      .split('\n')
      .map((line) => RawRow.parse(JSON.parse(line)).user)
    expect(users).toHaveLength(2 * RAW_PAGE)
    expect(users).toEqual(users.toSorted())
    expect(new Set(users).size).toBe(users.length)
  })

  it('breaks off when D1 fails between two pages', async () => {
    const { d1, control } = lyingD1(env.DB)
    const answer = await sendWith(
      isolate({ DB: d1 }),
      'GET',
      '/api/experiments/crowded/rows?user=id',
      { as: ADMIN },
    )
    const reader = answer.body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value).split('\n')).toHaveLength(RAW_PAGE + 1)
    control.mode = 'down'
    await expect(
      (async () => {
        for (let next = await reader?.read(); next && !next.done;) next = await reader?.read()
      })(),
    ).rejects.toThrow('Failed query')
  })

  it('answers only admins, and refuses another format or parameter', async () => {
    const refused = send('GET', `/api/experiments/${KEY}/rows`, { as: EDITOR })
    expect(await problem(refused)).toMatchObject({ status: 403 })
    for (const query of ['?format=xlsx', '?user=name', '?users=id'])
      expect(await problem(download(query))).toMatchObject({ status: 400 })
  })
})
