import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import type { TransferDocument, TransferExperiment } from '../../schema/transfer.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { commitExperiments } from '../../worker/store/commit-experiments.ts'
import { planExperiments } from '../../worker/store/transfer-experiments.ts'
import { ADMIN, EDITOR, json, problem, putFlag, seedKeys, send } from '../support/api.ts'
import { act, assign, drain, draft, HALVES, patch, weighted } from '../support/experiments.ts'

type Named = Partial<TransferExperiment> & { key: string }

const createDocument = (...experiments: Named[]) => ({
  format: 'indietix-flags',
  version: 1,
  flags: [],
  experiments: experiments.map((each) => ({ variants: HALVES, ...each })),
})

const importing = (body: unknown, query = '', as = ADMIN) =>
  send('POST', `/api/import${query}`, { as, body })

const exported = () => json<TransferDocument>(send('GET', '/api/export', { as: ADMIN }))

const read = (key: string) => json(send('GET', `/api/experiments/${key}`, { as: ADMIN }))

const readAuditActions = async (key: string) =>
  (
    await json<{ items: object[] }>(
      send('GET', `/api/audit?target=experiment:${key}`, { as: ADMIN }),
    )
  ).items

const written = () =>
  env.DB.prepare(
    'SELECT (SELECT count(*) FROM admin_action) || (SELECT version FROM snapshot_state) AS n',
  ).first('n')

const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.2, power: 0.9, alpha: 0.01 }

beforeAll(seedKeys)

it('Export: carries settings and status of experiments', async () => {
  await draft('out-draft', { plan: PLAN, stopAt: '2040-01-01T00:00:00.000Z' })
  await draft('out-running', { variants: weighted(1, 9) })
  await act('out-running', 'launch')
  const { experiments = [] } = await exported()
  expect(experiments.find(({ key }) => key === 'out-draft')).toEqual({
    key: 'out-draft',
    description: null,
    owner: 'local admin',
    variants: HALVES,
    startAt: null,
    stopAt: '2040-01-01T00:00:00.000Z',
    plan: PLAN,
    status: 'DRAFT',
  })
  expect(experiments.find(({ key }) => key === 'out-running')).toMatchObject({
    variants: weighted(1, 9),
    status: 'RUNNING',
  })
})

it('Import: an export of experiments in any status changes nothing', async () => {
  for (const key of ['all-running', 'all-paused', 'all-stopped', 'all-never-began'])
    await draft(key)
  await act('all-running', 'launch')
  await act('all-paused', 'launch')
  await act('all-paused', 'pause')
  await act('all-stopped', 'launch')
  await act('all-stopped', 'stop')
  await act('all-never-began', 'launch', { startAt: '2040-01-01T00:00:00.000Z' })
  await act('all-never-began', 'stop')
  const document = await exported()
  const before = await written()
  expect(await json(importing(document))).toMatchObject({
    changes: [],
    experimentChanges: [],
    unchanged: document.flags.length + (document.experiments?.length ?? 0),
  })
  expect(await written()).toBe(before)
})

it('Import: a missing experiment becomes a draft, whatever its status in the document, with its own audit row', async () => {
  const document = createDocument(
    { key: 'in-a', status: 'RUNNING', description: 'it\'s "new" ✓', plan: PLAN },
    { key: 'in-b', startAt: '2040-01-01T00:00:00Z', stopAt: '2041-01-01T00:00:00Z' },
  )
  const result = await json(importing(document, '?comment=from+staging', EDITOR))
  expect(result).toMatchObject({
    experimentChanges: [
      { key: 'in-a', status: 'DRAFT', before: null, after: { plan: PLAN } },
      { key: 'in-b', status: 'DRAFT', before: null },
    ],
    unchanged: 0,
    published: true,
  })
  expect(await read('in-a')).toMatchObject({
    status: 'DRAFT',
    description: 'it\'s "new" ✓',
    variants: HALVES,
    plan: PLAN,
    launchedAt: null,
    version: 1,
  })
  const inB = await read('in-b')
  expect(inB).toMatchObject({ startAt: '2040-01-01T00:00:00.000Z', plan: null, version: 1 })
  expect(await readAuditActions('in-b')).toMatchObject([
    {
      action: 'experiment.create',
      actor: 'local editor',
      comment: 'from staging',
      before: null,
      after: inB,
    },
  ])
})

it('Import: repeating it changes nothing, however the instants are written', async () => {
  const document = createDocument({
    key: 'again',
    startAt: '2040-01-01T00:00:00.0001Z',
    plan: PLAN,
  })
  await importing(document)
  const before = await written()
  expect(await json(importing(document))).toMatchObject({ experimentChanges: [], unchanged: 1 })
  expect(await written()).toBe(before)
})

it('Import: a draft takes the settings of the document, and defaults for absent members', async () => {
  await draft('draft-changed', { plan: PLAN })
  const before = await read('draft-changed')
  const document = createDocument({ key: 'draft-changed', variants: weighted(1, 2) })
  expect(await json(importing(document, '?dryRun=true'))).toMatchObject({
    experimentChanges: [
      {
        key: 'draft-changed',
        before: { variants: HALVES, plan: PLAN },
        after: { variants: weighted(1, 2), plan: null },
      },
    ],
  })
  expect(await read('draft-changed')).toEqual(before)
  await importing(document)
  const after = await read('draft-changed')
  expect(after).toMatchObject({ variants: weighted(1, 2), plan: null, version: 2, status: 'DRAFT' })
  expect(after).toMatchObject({ createdAt: before['createdAt'], reweightedAt: null })
  expect((await readAuditActions('draft-changed'))[0]).toMatchObject({
    action: 'experiment.update',
    before,
    after,
  })
})

it('Import: a paused experiment takes new weights, for new users only, and stays paused', async () => {
  await draft('paused')
  await act('paused', 'launch')
  await act('paused', 'pause')
  const { startAt, launchedAt } = await read('paused')
  await importing(
    createDocument({ key: 'paused', startAt: String(startAt), variants: weighted(1, 9) }),
  )
  const after = await read('paused')
  expect(after).toMatchObject({ status: 'PAUSED', variants: weighted(1, 9), startAt, launchedAt })
  expect(after['reweightedAt']).not.toBeNull()
})

it('Import: a deleted draft comes back with a new version', async () => {
  await draft('back')
  await patch('back', { description: 'second' })
  await send('DELETE', '/api/experiments/back', { as: ADMIN, body: {} })
  await importing(createDocument({ key: 'back' }))
  expect(await read('back')).toMatchObject({ status: 'DRAFT', version: 3 })
})

it('Import: a change that the life cycle refuses is reported by the dry run and refuses the whole import', async () => {
  for (const key of ['no-running', 'no-stopped', 'no-assigned']) await draft(key)
  await act('no-running', 'launch')
  await act('no-stopped', 'launch')
  await act('no-stopped', 'stop')
  const minVersion = await act('no-assigned', 'launch')
  const { variant } = await assign('no-assigned', 'u-1', { minVersion })
  await drain('u-1')
  await act('no-assigned', 'pause')
  await putFlag('no-flag', {})
  const others = [...HALVES, { name: 'C', weight: 1 }].filter(({ name }) => name !== variant)
  const document = {
    ...createDocument(
      { key: 'fine' },
      { key: 'no-running', description: 'changed' },
      { key: 'no-stopped', description: 'changed' },
      { key: 'no-assigned', variants: others },
      { key: 'no-flag' },
      { key: 'no-order', startAt: '2041-01-01T00:00:00Z', stopAt: '2040-01-01T00:00:00Z' },
    ),
    flags: [{ key: 'fine.flag' }],
  }
  const before = await written()
  for (const query of ['?dryRun=true', '']) {
    const refused = await problem(importing(document, query))
    expect(refused.status).toBe(409)
    expect(refused.issues).toEqual([
      { path: 'experiments.1', message: expect.stringContaining('no-running: it is RUNNING') },
      { path: 'experiments.2', message: expect.stringContaining('no-stopped: it is STOPPED') },
      { path: 'experiments.3', message: expect.stringContaining(`assigned to ${variant}`) },
      { path: 'experiments.4', message: 'no-flag: a flag has this key' },
      { path: 'experiments.5', message: 'no-order: stopAt must be later than startAt' },
    ])
  }
  expect(await written()).toBe(before)
})

it('Import: a step that no longer holds at the commit writes neither experiment nor audit row', async () => {
  const db = openDatabase(env.DB)
  const editor = { actor: 'test', at: new Date(), comment: undefined }
  await draft('raced-edit')
  const wanted = ['raced-edit', 'raced-key', 'raced-not'].map((key) => ({
    key,
    description: 'imported',
    variants: [...HALVES],
    startAt: null,
    stopAt: null,
    plan: null,
  }))
  const { steps } = await planExperiments(db, wanted, editor.at)
  await patch('raced-edit', { description: 'someone was faster' })
  await putFlag('raced-key', {})
  await commitExperiments(db, steps, editor)
  expect(await read('raced-edit')).toMatchObject({ description: 'someone was faster', version: 2 })
  expect(await read('raced-not')).toMatchObject({ description: 'imported', version: 1 })
  expect(await readAuditActions('raced-edit')).toHaveLength(2)
  expect(await readAuditActions('raced-key')).toEqual([])
})

it.each([
  ['an experiment twice', createDocument({ key: 'twice' }, { key: 'twice' }), 'experiments.1.key'],
  [
    'a key that the document gives a flag and an experiment',
    { ...createDocument({ key: 'both' }), flags: [{ key: 'both' }] },
    'experiments.0.key',
  ],
  ['a single variant', createDocument({ key: 'one', variants: [] }), 'experiments.0.variants'],
  [
    'a status that there is not',
    { ...createDocument(), experiments: [{ key: 'x', variants: HALVES, status: 'LIVE' }] },
    'experiments.0.status',
  ],
  [
    'a member that would be ignored',
    { ...createDocument(), experiments: [{ key: 'x', variants: HALVES, launchedAt: null }] },
    'experiments.0',
  ],
])('Import: %s answers 400 with the path', async (_, body, path) => {
  const refused = await problem(importing(body))
  expect(refused.status).toBe(400)
  expect(refused.issues?.map((issue) => issue.path)).toContain(path)
})

it('Import: takes many flags and experiments at once, up to the limits', async () => {
  const many = Array.from({ length: 900 }, (_, index) => ({
    key: `bulk-${index}`,
    description: 'é'.repeat(1_000),
  }))
  const document = { ...createDocument(...many), flags: [{ key: 'bulk.flag' }] }
  expect(await json(importing(document))).toMatchObject({
    changes: [{ key: 'bulk.flag' }],
    unchanged: 0,
  })
  expect(await json(importing(document, '?dryRun=true'))).toMatchObject({ unchanged: 901 })
  const others = many.slice(0, 101).map(({ key }) => ({ key: `more-${key}` }))
  expect(await problem(importing(createDocument(...others)))).toMatchObject({
    status: 409,
    issues: [{ path: 'experiments' }],
  })
})
