import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import type { TransferFlag } from '../../schema/transfer.ts'
import { ADMIN, CLIENT, EDITOR, json, seedKeys, send, VIEWER } from '../support/api.ts'

type Result = {
  dryRun: boolean
  changes: { key: string; before: object | null; after: object }[]
  unchanged: number
  snapshotVersion: number
  published: boolean
}

const createDocument = (...flags: (Partial<TransferFlag> & { key: string })[]) => ({
  format: 'indietix-flags',
  version: 1,
  flags,
})

const importing = (body: unknown, query = '', as = ADMIN) =>
  send('POST', `/api/import${query}`, { as, body })

const auditSize = () => env.DB.prepare('SELECT count(*) AS n FROM admin_action').first('n')

beforeAll(seedKeys)

it('Import: a dry run answers every difference and changes nothing', async () => {
  await send('PUT', '/api/flags/dry.a', { as: ADMIN, body: { rollout: 10 } })
  const before = await auditSize()
  const result = await json<Result>(
    importing(createDocument({ key: 'dry.a', rollout: 20 }, { key: 'dry.b' }), '?dryRun=true'),
  )
  expect(result).toMatchObject({
    dryRun: true,
    unchanged: 0,
    changes: [
      { key: 'dry.a', before: { rollout: 10 }, after: { rollout: 20 } },
      { key: 'dry.b', before: null, after: { enabled: false, rollout: 0 } },
    ],
  })
  expect(await auditSize()).toBe(before)
  expect((await send('GET', '/api/flags/dry.b', { as: ADMIN })).status).toBe(404)
})

it('Import: changes and audits only differences, in effect at the version of the answer', async () => {
  await send('PUT', '/api/flags/real.a', { as: ADMIN, body: { enabled: true, rollout: 10 } })
  await send('PUT', '/api/flags/real.same', { as: ADMIN, body: { rollout: 5 } })
  const document = createDocument(
    { key: 'real.a', enabled: true, rollout: 100, rules: { cities: ['Pune'] } },
    { key: 'real.b', enabled: true, rollout: 100, description: 'it\'s "new" ✓' },
    { key: 'real.same', rollout: 5 },
  )
  const result = await json<Result>(importing(document, '?comment=from+staging'))
  expect(result).toMatchObject({ dryRun: false, unchanged: 1, published: true })
  expect(await json(send('GET', '/api/flags/real.a', { as: ADMIN }))).toMatchObject({
    version: 2,
    enabled: true,
    killSwitch: false,
    rules: { cities: ['Pune'] },
  })
  const seen = await json<{ flags: object }>(
    send('POST', `/v1/flags/evaluate?minVersion=${result.snapshotVersion}`, {
      as: CLIENT,
      body: { context: { userId: 'u', city: 'Pune' }, keys: ['real.a', 'real.b'] },
    }),
  )
  expect(seen.flags).toEqual({ 'real.a': true, 'real.b': true })
  const audit = await json<{ items: object[] }>(
    send('GET', '/api/audit?target=flag:real.b', { as: ADMIN }),
  )
  expect(audit.items).toMatchObject([
    {
      action: 'flag.create',
      actor: 'local admin',
      comment: 'from staging',
      before: null,
      after: { key: 'real.b', version: 1, description: 'it\'s "new" ✓' },
    },
  ])
})

it('Import: repeating it changes nothing', async () => {
  const document = createDocument({ key: 'again.a', rollout: 7 })
  await importing(document)
  const before = await auditSize()
  expect(await json(importing(document))).toMatchObject({ changes: [], unchanged: 1 })
  expect(await auditSize()).toBe(before)
})

it('Import: an export brings deleted flags back with a new version', async () => {
  await send('PUT', '/api/flags/back.a', { as: ADMIN, body: { rollout: 33 } })
  const exported = await send('GET', '/api/export', { as: VIEWER })
  expect(exported.headers.get('Content-Disposition')).toMatch(
    /^attachment; filename="flags-.*json"/,
  )
  const document = await json(exported)
  expect(await json(importing(document))).toMatchObject({ changes: [] })
  await send('DELETE', '/api/flags/back.a', { as: ADMIN, body: {} })
  expect(await json(importing(document))).toMatchObject({ changes: [{ key: 'back.a' }] })
  expect(await json(send('GET', '/api/flags/back.a', { as: ADMIN }))).toMatchObject({
    rollout: 33,
    version: 2,
  })
})

it('Import: takes thousands of flags with long lists', async () => {
  const names = Array.from({ length: 100 }, (_, index) => `user-${index}`)
  const flags = Array.from({ length: 3_000 }, (_, index) => ({
    key: `bulk.f${index}`,
    enabled: true,
    rules: { allowList: names },
  }))
  const result = await json<Result>(importing(createDocument(...flags)))
  expect(result.changes.length).toBe(3_000)
  expect(await json(importing(createDocument(...flags), '?dryRun=true'))).toMatchObject({
    unchanged: 3_000,
  })
})

it.each([
  ['another format', { ...createDocument(), format: 'flagd' }, 'format'],
  ['a version that is not known', { ...createDocument(), version: 2 }, 'version'],
  ['a member that would be ignored', { ...createDocument(), planets: [] }, ''],
  ['a key twice', createDocument({ key: 'twice.a' }, { key: 'twice.a' }), 'flags.1.key'],
  ['a rollout out of range', createDocument({ key: 'bad.a', rollout: 101 }), 'flags.0.rollout'],
  [
    'a segment twice',
    { ...createDocument(), segments: [{ key: 'twice' }, { key: 'twice' }] },
    'segments.1.key',
  ],
  [
    'a segment inside a segment',
    {
      ...createDocument(),
      segments: [{ key: 'outer', conditions: [{ operator: 'inSegment', values: ['inner'] }] }],
    },
    'segments.0.conditions.0.operator',
  ],
  ['an object as key', { ...createDocument(), flags: [{ key: {} }] }, 'flags.0.key'],
  [
    'a flag too large to audit',
    createDocument({
      key: 'big.a',
      rules: { denyList: Array.from({ length: 2_000 }, (_, i) => `${i}`.padEnd(200, 'é')) },
    }),
    'flags.0',
  ],
])('Import: %s answers 400 with the path', async (_, body, path) => {
  const answer = await importing(body)
  expect(answer.status).toBe(400)
  const { issues } = await json<{ issues: { path: string }[] }>(answer)
  expect(issues.map((issue) => issue.path)).toContain(path)
})

it('Import: a body over 28 MB answers 413, a viewer 403, an editor may import', async () => {
  expect((await importing(`"${'x'.repeat(28 * 1024 * 1024)}"`)).status).toBe(413)
  expect((await importing(createDocument(), '', VIEWER)).status).toBe(403)
  expect((await importing(createDocument(), '', EDITOR)).status).toBe(200)
  expect((await importing(createDocument(), '?dryRun=maybe')).status).toBe(400)
})

it('Import: a flag with the key of an experiment is refused', async () => {
  const variants = [
    { name: 'a', weight: 1 },
    { name: 'b', weight: 1 },
  ]
  await send('POST', '/api/experiments', { as: ADMIN, body: { key: 'taken-here', variants } })
  const document = createDocument({ key: 'taken-here' }, { key: 'not-taken' })
  for (const query of ['', '?dryRun=true']) {
    const answer = await importing(document, query)
    expect(answer.status).toBe(409)
    expect(await json(answer)).toMatchObject({
      errorDetails: 'experiments have these keys: taken-here',
    })
  }
  expect((await send('GET', '/api/flags/not-taken', { as: ADMIN })).status).toBe(404)
})

const inSegment = (...values: string[]) => ({ where: [{ operator: 'inSegment' as const, values }] })

it('Import: makes segments before the flags that use them, and repeats without a change', async () => {
  const half = '\ud800'
  const document = {
    ...createDocument({ key: 'moved.flag', enabled: true, rules: inSegment('moved') }),
    segments: [
      {
        key: 'moved',
        description: 'Moved.',
        include: ['u-1', half, '__proto__'],
        exclude: ['u-2'],
        conditions: [{ attribute: 'plan', operator: 'in', values: ['pro'] }],
      },
    ],
  }
  const dry = await json(importing(document, '?dryRun=true'))
  expect(dry).toMatchObject({
    segmentChanges: [
      { key: 'moved', before: null, after: { include: ['u-1', half, '__proto__'] } },
    ],
    changes: [{ key: 'moved.flag' }],
    unchanged: 0,
  })
  expect((await send('GET', '/api/segments/moved', { as: ADMIN })).status).toBe(404)
  expect(await json(importing(document))).toMatchObject({ ...dry, ...PUBLISHED })
  expect(await json(send('GET', '/api/segments/moved', { as: ADMIN }))).toMatchObject({
    ...document.segments[0],
    version: 1,
    usedBy: ['flag:moved.flag'],
  })
  expect(await json(send('GET', '/api/audit?target=segment:moved', { as: VIEWER }))).toMatchObject({
    items: [{ action: 'segment.create', before: null, after: { version: 1 } }],
  })
  expect(await json(importing(document))).toMatchObject({
    segmentChanges: [],
    changes: [],
    unchanged: 2,
  })
})

const PUBLISHED = { dryRun: false, snapshotVersion: expect.any(Number), published: true }

it('Export: has segments, which an import takes back after changes', async () => {
  const exported = await json<{ segments: { key: string }[] }>(
    send('GET', '/api/export', { as: VIEWER }),
  )
  expect(exported.segments.map(({ key }) => key)).toEqual(['moved'])
  await send('PUT', '/api/segments/moved', { as: ADMIN, body: { include: ['u-9'] } })
  expect(await json(importing(exported))).toMatchObject({
    segmentChanges: [{ key: 'moved', before: { include: ['u-9'] } }],
    changes: [],
  })
})

it('Import: a document without segments answers as before segments existed', async () => {
  expect(await json(importing(createDocument({ key: 'old.file' })))).not.toHaveProperty(
    'segmentChanges',
  )
})

it('Import: a flag with a segment that is nowhere refuses the whole document', async () => {
  const before = await auditSize()
  const document = createDocument(
    { key: 'whole.a' },
    { key: 'whole.b', rules: inSegment('moved', 'no.such') },
  )
  for (const query of ['', '?dryRun=true']) {
    const answer = await importing({ ...document, segments: [{ key: 'other' }] }, query)
    expect(answer.status).toBe(409)
    expect(await json(answer)).toMatchObject({
      errorDetails: 'there is no segment no.such',
      issues: [{ path: 'flags.1' }],
    })
  }
  expect(await auditSize()).toBe(before)
})
