import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { Experiment } from '../../schema/experiment.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { listExperiments } from '../../worker/store/list-experiments.ts'
import {
  ADMIN,
  readAudit,
  EDITOR,
  json,
  problem,
  recorded,
  seedKeys,
  send,
  VIEWER,
  type Sent,
} from '../support/api.ts'
import {
  act,
  draft,
  HALVES,
  patch,
  reweight,
  rows,
  runExperiment,
  withoutHistory,
  type Edit,
} from '../support/experiments.ts'

beforeAll(seedKeys)

const DAY = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString()

const at = (key: string, path = '') => `/api/experiments/${key}${path}`
const get = (key: string) => json<Experiment>(send('GET', at(key), { as: VIEWER }))

/** Makes an experiment that is in a status. */
const make = {
  DRAFT: async (key: string) => (await draft(key)).snapshotVersion,
  RUNNING: (key: string) => runExperiment(key),
  PAUSED: async (key: string) => (await runExperiment(key), act(key, 'pause')),
  STOPPED: async (key: string) => (await runExperiment(key), act(key, 'stop')),
}
type Status = keyof typeof make

const THIRDS = [...HALVES, { name: 'C', weight: 1 }]

/** Every action, as a request. */
const actions: Record<string, [method: string, path: string, body: object | undefined]> = {
  launch: ['POST', '/launch', {}],
  pause: ['POST', '/pause', {}],
  stop: ['POST', '/stop', {}],
  update: ['PATCH', '', { variants: THIRDS }],
  delete: ['DELETE', '', undefined],
}
const attempt = (key: string, action: string, sent: Sent = {}) => {
  const [method, path, body] = actions[action] ?? ['', '', undefined]
  return send(method, at(key, path), { as: ADMIN, body, ...sent })
}

describe('POST /api/experiments', () => {
  it('creates a draft with defaults at version 1, and names its snapshot version', async () => {
    const answer = await send('POST', '/api/experiments', {
      as: EDITOR,
      body: { key: 'plain', variants: HALVES },
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('ETag')).toBe('"1"')
    const { experiment, snapshotVersion, published } = await json<Edit>(answer)
    expect(experiment).toEqual({
      key: 'plain',
      description: null,
      variants: HALVES,
      startAt: null,
      stopAt: null,
      plan: null,
      status: 'DRAFT',
      launchedAt: null,
      reweightedAt: null,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: experiment.createdAt,
      owner: 'local editor',
      note: null,
      decision: null,
      archivedAt: null,
    })
    expect(published).toBe(true)
    expect((await recorded())?.snapshotVersion).toBe(snapshotVersion)
    expect(await get('plain')).toEqual(Experiment.strict().parse(experiment))
  })

  it('keeps every member of the request', async () => {
    const settings = {
      description: 'Does it sell?',
      variants: THIRDS,
      startAt: inDays(1),
      stopAt: inDays(15),
      plan: { baselineRate: 0.1, minimumDetectableEffect: 0.2, power: 0.9, alpha: 0.01 },
    }
    const { experiment } = await draft('full', settings)
    expect(experiment).toMatchObject(settings)
    expect(await get('full')).toEqual(experiment)
  })

  it('answers instants as they are stored, in UTC and milliseconds', async () => {
    const { experiment } = await draft('instants', { startAt: '2041-05-06T07:08:09Z' })
    expect(experiment.startAt).toBe('2041-05-06T07:08:09.000Z')
    expect(await get('instants')).toEqual(experiment)
    const [created] = await readAudit('experiment:instants')
    expect(created?.after).toEqual(experiment)
    const edit = await patch('instants', { startAt: '2041-05-06T07:08:09.0Z' })
    expect(edit.experiment).toEqual(experiment)
    expect(await readAudit('experiment:instants')).toHaveLength(1)
  })
})

describe('GET /api/experiments', () => {
  it('lists experiments page by page, in the order of the keys', async () => {
    for (const key of ['zz-3', 'zz-1', 'zz-2']) await draft(key)
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`
      const page: { items: Experiment[]; nextCursor: string | null } = await json(
        send('GET', `/api/experiments?limit=2${query}`, { as: VIEWER }),
      )
      seen.push(...page.items.map(({ key }) => key))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(seen.toSorted())
    expect(seen.filter((key) => key.startsWith('zz-'))).toEqual(['zz-1', 'zz-2', 'zz-3'])
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('sends the version as ETag', async () => {
    await patch('zz-1', { description: 'second' })
    expect((await send('GET', at('zz-1'), { as: VIEWER })).headers.get('ETag')).toBe('"2"')
  })
})

/** Every status × every action: what it answers, and the status that follows. */
const table: [Status, Record<string, number>, Record<string, Status | 'gone'>][] = [
  [
    'DRAFT',
    { launch: 200, pause: 409, stop: 409, update: 200, delete: 200 },
    { launch: 'RUNNING', delete: 'gone' },
  ],
  [
    'RUNNING',
    { launch: 409, pause: 200, stop: 200, update: 409, delete: 409 },
    { pause: 'PAUSED', stop: 'STOPPED' },
  ],
  [
    'PAUSED',
    { launch: 200, pause: 409, stop: 200, update: 200, delete: 409 },
    { launch: 'RUNNING', stop: 'STOPPED' },
  ],
  ['STOPPED', { launch: 409, pause: 409, stop: 409, update: 409, delete: 409 }, {}],
]

describe.each(table)('Experiment in status %s', (status, answers, follows) => {
  it.each(Object.entries(answers))('the action %s answers %i', async (action, code) => {
    const key = `${status.toLowerCase()}-${action}`
    const before = await make[status](key)
    const audits = await readAudit(`experiment:${key}`)
    const answer = await attempt(key, action)
    expect(answer.status).toBe(code)
    const body = await json<{ errorCode?: string; errorDetails?: string }>(answer)
    const isRefused = code === 409
    expect(body.errorCode).toBe(isRefused ? 'CONFLICT' : undefined)
    expect(body.errorDetails?.includes(status)).toBe(isRefused ? true : undefined)
    const after = await send('GET', at(key), { as: VIEWER })
    const now = after.status === 404 ? 'gone' : (await json<Experiment>(after)).status
    expect(now).toBe(follows[action] ?? status)
    expect((await recorded())?.snapshotVersion).toBe(before + (isRefused ? 0 : 1))
    expect(await readAudit(`experiment:${key}`)).toHaveLength(audits.length + (isRefused ? 0 : 1))
  })
})

describe('History of an experiment', () => {
  it('has no member before the first launch', async () => {
    const { experiment } = await draft('never-ran')
    expect(experiment).not.toHaveProperty('startedAt')
    expect(experiment).not.toHaveProperty('phases')
  })

  it('has a phase for each change of weights, and none for an edit that was undone', async () => {
    const key = 'with-phases'
    await runExperiment(key, { variants: HALVES })
    await reweight(key, THIRDS)
    await act(key, 'pause')
    await patch(key, { variants: HALVES })
    await patch(key, { variants: THIRDS })
    await act(key, 'launch')
    await act(key, 'pause')
    await act(key, 'launch', { startOver: true })
    const { phases = [], startedAt, stoppedAt, launchedAt } = await get(key)
    expect(phases.map(({ phase, variants, startsOver }) => [phase, variants, startsOver])).toEqual([
      [1, HALVES, false],
      [2, THIRDS, false],
      [3, THIRDS, true],
    ])
    expect([startedAt, stoppedAt]).toEqual([launchedAt, null])
    const [listed] = await listExperiments(
      openDatabase(env.DB),
      { sort: 'key' },
      { rank: 0, key: 'with-phase' },
      1,
      new Date(),
    )
    expect(listed?.experiment).toEqual(await get(key))
  })

  it('keeps the start when startAt moves later in a pause and a stop follows', async () => {
    const key = 'moved-start'
    await runExperiment(key)
    await act(key, 'pause')
    await patch(key, { startAt: '2099-01-01T00:00:00.000Z' })
    await act(key, 'stop')
    const { startAt, startedAt, stoppedAt, launchedAt, stopAt } = await get(key)
    expect(startAt).toBeNull()
    expect([startedAt, stoppedAt]).toEqual([launchedAt, stopAt])
  })

  it('takes 100 launches and refuses the next, but not a stop', async () => {
    const key = 'launched-often'
    await draft(key)
    const facts = Array.from({ length: 99 }, (_, index) =>
      env.DB.prepare(`INSERT INTO experiment_history VALUES (?, ?, 'launch', ?, 1, '[]', 0)`).bind(
        key,
        index - 99,
        index,
      ),
    )
    await env.DB.batch(facts)
    await act(key, 'launch')
    await act(key, 'pause')
    const { status, errorDetails } = await problem(attempt(key, 'launch'))
    expect(status).toBe(409)
    expect(errorDetails).toContain('100 times, which is the limit')
    expect((await attempt(key, 'stop')).status).toBe(200)
  })

  it('adds one fact when twenty launches race', async () => {
    const key = 'raced-launch'
    await draft(key)
    await Promise.all(Array.from({ length: 20 }, () => attempt(key, 'launch', { body: {} })))
    expect(
      await rows('SELECT kind, phase FROM experiment_history WHERE experiment_key = ?', key),
    ).toEqual([{ kind: 'launch', phase: 1 }])
  })
})

describe('Audit of experiments', () => {
  it('each step has one row with actor, action, before, after and comment', async () => {
    const key = 'audited'
    const steps: [string, object][] = [
      ['launch', { comment: 'off we go' }],
      ['pause', { comment: 'a bug' }],
      ['update', { variants: THIRDS, comment: 'a third' }],
      ['launch', {}],
      ['stop', { comment: 'done' }],
    ]
    const created = await json<Edit>(
      send('POST', '/api/experiments', {
        as: EDITOR,
        body: { key, variants: HALVES, comment: 'an idea' },
      }),
    )
    const states: (Experiment | null)[] = [null, created.experiment]
    for (const [action, body] of steps) {
      const edit = await json<Edit>(attempt(key, action, { as: EDITOR, body }))
      states.push(edit.experiment)
    }
    const entries = (await readAudit(`experiment:${key}`)).toReversed()
    expect(entries.map(({ action, actor, comment }) => [action, actor, comment])).toEqual([
      ['experiment.create', 'local editor', 'an idea'],
      ['experiment.launch', 'local editor', 'off we go'],
      ['experiment.pause', 'local editor', 'a bug'],
      ['experiment.update', 'local editor', 'a third'],
      ['experiment.launch', 'local editor', null],
      ['experiment.stop', 'local editor', 'done'],
    ])
    const audited = states.map(withoutHistory)
    expect(entries.map(({ before }) => before)).toEqual(audited.slice(0, -1))
    expect(entries.map(({ after }) => after)).toEqual(audited.slice(1))
    expect(states.slice(1).map((state) => state?.version)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('a deleted draft stays in the audit, and the next one continues its version', async () => {
    const { experiment } = await draft('deleted')
    const answer = await attempt('deleted', 'delete', { body: { comment: 'a typo' } })
    expect(await json(answer)).toMatchObject({ experiment: null, published: true })
    const [row] = await readAudit('experiment:deleted')
    expect(row).toMatchObject({
      action: 'experiment.delete',
      before: experiment,
      after: null,
      comment: 'a typo',
    })
    expect((await draft('deleted')).experiment.version).toBe(2)
  })

  it('an edit that changes nothing has no row', async () => {
    const { experiment } = await draft('unchanged', { stopAt: inDays(3) })
    const before = await recorded()
    for (const body of [{}, { description: null }, { variants: HALVES, stopAt: experiment.stopAt }])
      expect((await patch('unchanged', body)).experiment).toEqual(experiment)
    expect(await recorded()).toEqual(before)
  })
})

const conditional = (action: string, version: string) => ({
  headers: { 'If-Match': version },
  body: actions[action]?.[2],
})

describe('Experiments: If-Match', () => {
  const steps: [string, Status][] = [
    ['launch', 'DRAFT'],
    ['update', 'DRAFT'],
    ['delete', 'DRAFT'],
    ['pause', 'RUNNING'],
    ['stop', 'PAUSED'],
  ]

  it.each(steps)('the action %s with the current version succeeds', async (action, status) => {
    const key = `match-${action}`
    await make[status](key)
    const { version } = await get(key)
    expect((await attempt(key, action, conditional(action, `"${version}"`))).status).toBe(200)
  })

  it.each(steps)(
    'the action %s with another version answers 412 and changes nothing',
    async (action, status) => {
      const key = `stale-${action}`
      await make[status](key)
      const current = await get(key)
      const before = await recorded()
      for (const version of [current.version - 1, current.version + 1])
        expect(
          await problem(attempt(key, action, conditional(action, `"${version}"`))),
        ).toMatchObject({
          status: 412,
          errorCode: 'VERSION_MISMATCH',
          errorDetails: expect.stringContaining(`version ${current.version}`),
        })
      expect(await get(key)).toEqual(current)
      expect(await recorded()).toEqual(before)
    },
  )

  it.each(steps)(
    'the action %s answers 400 when the version is not in quotes',
    async (action, status) => {
      const key = `malformed-${action}`
      await make[status](key)
      expect(await problem(attempt(key, action, conditional(action, '2')))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
      })
    },
  )
})

describe('Missing experiment', () => {
  it.each(Object.keys(actions))('the action %s answers 404', async (action) => {
    expect(await problem(attempt('nobody-made-this', action))).toMatchObject({
      status: 404,
      errorCode: 'EXPERIMENT_NOT_FOUND',
    })
  })

  it('GET of it, and of its metrics, answers 404', async () => {
    for (const path of ['', '/metrics'])
      expect(
        await problem(send('GET', at('nobody-made-this', path), { as: VIEWER })),
      ).toMatchObject({ status: 404, errorCode: 'EXPERIMENT_NOT_FOUND' })
  })
})

const times = <Result>(count: number, request: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, index) => request(index)))

const codes = (answers: readonly Response[]) =>
  answers.map(({ status }) => status).toSorted((a, b) => a - b)

describe('Experiments: concurrent requests', () => {
  it('one launch succeeds, and the others answer 409', async () => {
    await draft('race-launch')
    const answers = await times(8, () => attempt('race-launch', 'launch'))
    expect(codes(answers)).toEqual([200, ...Array(7).fill(409)])
    expect(await readAudit('experiment:race-launch')).toHaveLength(2)
  })

  it('a change is refused when the experiment was launched meanwhile', async () => {
    for (let round = 0; round < 8; round++) {
      const key = `race-change-${round}`
      await draft(key)
      const [launched, changed] = await Promise.all([
        attempt(key, 'launch'),
        attempt(key, 'update'),
      ])
      expect(launched.status).toBe(200)
      expect([200, 409]).toContain(changed.status)
      const entries = (await readAudit(`experiment:${key}`)).toReversed()
      expect(entries.at(-1)?.action).toBe('experiment.launch')
      expect((await get(key)).variants).toEqual(changed.status === 200 ? THIRDS : HALVES)
      expect((await get(key)).reweightedAt).toBeNull()
    }
  })

  it('an edit of one member keeps concurrent edits of other members', async () => {
    await draft('race-members')
    const changes = [{ description: 'mine' }, { stopAt: inDays(9) }, { variants: THIRDS }]
    await Promise.all(changes.map((body) => patch('race-members', body)))
    expect(await get('race-members')).toMatchObject({
      ...Object.assign({}, ...changes),
      version: 4,
    })
  })
})
