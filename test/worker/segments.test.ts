import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ListedSegment, Segment } from '../../schema/segment.ts'
import {
  ADMIN,
  CLIENT,
  EDITOR,
  json,
  problem,
  putFlag,
  readAudit,
  recorded,
  seedKeys,
  send,
  sendWith,
  SERVER,
  VIEWER,
  watchConsole,
} from '../support/api.ts'
import { lyingD1 } from '../support/faults.ts'

const logged = watchConsole()

type Edit = { segment: Segment | null; snapshotVersion: number; published: boolean }

const put = (key: string, body: object = {}, as = ADMIN) =>
  send('PUT', `/api/segments/${key}`, { as, body })
const putSegment = (key: string, body: object = {}) => json<Edit>(put(key, body))
const readSegment = (key: string) => json(send('GET', `/api/segments/${key}`, { as: VIEWER }))
const remove = (key: string) => send('DELETE', `/api/segments/${key}`, { as: ADMIN, body: {} })

const inSegment = (...values: string[]) => ({ where: [{ operator: 'inSegment', values }] })

const evaluate = async (context: object, minVersion: number) =>
  (
    await json<{ flags: Record<string, boolean> }>(
      send('POST', `/v1/flags/evaluate?minVersion=${minVersion}`, {
        as: CLIENT,
        body: { context },
      }),
    )
  ).flags

const patchSegment = (version: number, body: object) =>
  send('PATCH', '/api/segments/patched', {
    as: EDITOR,
    headers: { 'If-Match': `"${version}"` },
    body,
  })

const revertLast = async () => {
  const [entry] = await readAudit('segment:back')
  return send('POST', `/api/audit/${entry?.id}/revert`, { as: ADMIN, body: {} })
}

const listSegments = (query: string) =>
  json<{ items: ListedSegment[]; nextCursor: string | null }>(
    send('GET', `/api/segments?${query}`, { as: VIEWER }),
  )

beforeAll(seedKeys)

describe('PUT /api/segments/{key}', () => {
  it('creates a segment with defaults, and audits it', async () => {
    const answer = await put('made', { include: ['u-1', 'u-2', 'u-1'], comment: 'why' }, EDITOR)
    expect([answer.status, answer.headers.get('ETag')]).toEqual([201, '"1"'])
    const { segment, published } = await json<Edit>(answer)
    expect(published).toBe(true)
    expect(segment).toMatchObject({
      key: 'made',
      description: null,
      include: ['u-1', 'u-2'],
      exclude: [],
      conditions: [],
      version: 1,
    })
    expect(await readSegment('made')).toEqual({ ...segment, usedBy: [] })
    expect(await readAudit('segment:made')).toEqual([
      expect.objectContaining({
        action: 'segment.create',
        actor: 'local editor',
        comment: 'why',
        before: null,
        after: segment,
      }),
    ])
  })

  it('replaces all members, and the same body again changes nothing', async () => {
    await putSegment('replaced', { description: 'Old.', include: ['u-1'] })
    const { segment } = await putSegment('replaced', { exclude: ['u-2'] })
    expect(segment).toMatchObject({ description: null, include: [], exclude: ['u-2'], version: 2 })
    const before = await recorded()
    expect((await putSegment('replaced', { exclude: ['u-2'] })).segment).toEqual(segment)
    expect(await recorded()).toEqual(before)
  })

  it.each([
    ['a key with other characters', '__proto__', {}, 'key'],
    ['a blank user id', 'bad', { include: [' '] }, 'include.0'],
    ['a user id of 257 characters', 'bad', { exclude: ['x'.repeat(257)] }, 'exclude.0'],
    ['a number as user id', 'bad', { include: [1] }, 'include.0'],
    ['an unknown member', 'bad', { users: [] }, ''],
    ['5,001 user ids', 'bad', { include: Array.from({ length: 5_001 }, String) }, 'include'],
  ])('refuses %s', async (_, key, body, path) => {
    const before = await recorded()
    expect(await problem(put(key, body))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      issues: [{ path }],
    })
    expect(await recorded()).toEqual(before)
  })

  it('refuses a segment inside a segment, and says what to do instead', async () => {
    const { where } = inSegment('made')
    expect(await problem(put('nested', { conditions: where }))).toMatchObject({
      status: 400,
      issues: [
        {
          path: 'conditions.0.operator',
          message: 'a segment cannot use a segment: repeat its conditions instead',
        },
      ],
    })
  })

  it('takes 5,000 user ids, and refuses a body of more than 256 KB', async () => {
    const include = Array.from({ length: 5_000 }, (_, index) => `user-${index}-`.padEnd(40, 'x'))
    expect((await put('large', { include })).status).toBe(201)
    const exclude = include.map((id) => id.toUpperCase())
    expect(await problem(put('larger', { include, exclude }))).toMatchObject({ status: 413 })
    expect(
      await problem(
        send('PATCH', '/api/segments/large', {
          as: ADMIN,
          body: { exclude: exclude.slice(2_000) },
        }),
      ),
    ).toMatchObject({ status: 409, errorDetails: expect.stringContaining('256 KB at most') })
  })

  it('keeps half a surrogate pair and a user named __proto__ as they are', async () => {
    const include = ['\ud800', '__proto__', 'İ']
    const { segment, snapshotVersion } = await putSegment('odd', { include })
    expect(segment?.include).toEqual(include)
    expect(await readSegment('odd')).toMatchObject({ include })
    const flag = await putFlag('for.odd', { rules: inSegment('odd') })
    expect(flag.snapshotVersion).toBeGreaterThan(snapshotVersion)
    for (const [userId, value] of [
      ['\ud800', true],
      ['\ufffd', false],
      ['__proto__', true],
      ['constructor', false],
    ] as const)
      expect(await evaluate({ userId }, flag.snapshotVersion)).toMatchObject({ 'for.odd': value })
  })
})

describe('Edits of a segment', () => {
  it('a PATCH changes only the named members, under If-Match', async () => {
    await putSegment('patched', { include: ['u-1'], description: 'First.' })
    expect(await json(patchSegment(1, { exclude: ['u-3'] }))).toMatchObject({
      segment: { include: ['u-1'], exclude: ['u-3'], description: 'First.', version: 2 },
    })
    expect(await problem(patchSegment(1, { exclude: [] }))).toMatchObject({
      status: 412,
      errorCode: 'VERSION_MISMATCH',
    })
  })

  it('a missing segment answers 404 SEGMENT_NOT_FOUND', async () => {
    for (const missing of [
      send('GET', '/api/segments/no.such', { as: VIEWER }),
      send('PATCH', '/api/segments/no.such', { as: ADMIN, body: {} }),
      remove('no.such'),
    ])
      expect(await problem(missing)).toMatchObject({ status: 404, errorCode: 'SEGMENT_NOT_FOUND' })
  })

  it('an edit takes effect at the version of its answer', async () => {
    await putSegment('beta', { include: ['u-1'] })
    const { snapshotVersion } = await putFlag('for.beta', { rules: inSegment('beta') })
    expect(await evaluate({ userId: 'u-1' }, snapshotVersion)).toMatchObject({ 'for.beta': true })
    expect(await evaluate({ userId: 'u-2' }, snapshotVersion)).toMatchObject({ 'for.beta': false })
    const edit = await putSegment('beta', {
      conditions: [{ attribute: 'plan', operator: 'in', values: ['pro'] }],
      exclude: ['u-1'],
    })
    expect(await evaluate({ userId: 'u-1', plan: 'pro' }, edit.snapshotVersion)).toMatchObject({
      'for.beta': false,
    })
    expect(await evaluate({ plan: 'pro' }, edit.snapshotVersion)).toMatchObject({
      'for.beta': true,
    })
  })

  it('an attribute that only a segment uses is refused when it is too long', async () => {
    const { snapshotVersion } = await putSegment('beta', {
      conditions: [{ attribute: 'plan', operator: 'in', values: ['pro'] }],
    })
    const body = { context: { plan: 'x'.repeat(257) } }
    const path = `/v1/flags/evaluate?minVersion=${snapshotVersion}`
    expect(await problem(send('POST', path, { as: CLIENT, body }))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_CONTEXT',
      issues: [{ path: 'context.plan' }],
    })
  })

  it('revert restores the state before an edit and before a deletion', async () => {
    await putSegment('back', { include: ['u-1'] })
    await putSegment('back', { include: ['u-2'] })
    expect(await json(revertLast())).toMatchObject({ segment: { include: ['u-1'], version: 3 } })
    await remove('back')
    expect(await json(revertLast())).toMatchObject({ segment: { include: ['u-1'], version: 4 } })
  })
})

describe('A segment in use', () => {
  it('cannot be deleted, and the answer names its users', async () => {
    await putSegment('used')
    await putFlag('user.a', { rules: inSegment('made', 'used') })
    await putFlag('user.b', { rules: inSegment('used') })
    expect(await readSegment('used')).toMatchObject({ usedBy: ['flag:user.a', 'flag:user.b'] })
    const before = await recorded()
    expect(await problem(remove('used'))).toMatchObject({
      status: 409,
      errorCode: 'CONFLICT',
      errorDetails: expect.stringContaining('flag:user.a, flag:user.b'),
    })
    expect(await recorded()).toEqual(before)
    await putFlag('user.a')
    await send('DELETE', '/api/flags/user.b', { as: ADMIN, body: {} })
    expect((await remove('used')).status).toBe(200)
  })

  it('a value that looks like a condition is no use of a segment', async () => {
    await putSegment('not.used')
    const value = { operator: 'inSegment', values: ['not.used'] }
    const variants = [
      { name: 'a', value },
      { name: 'b', value: { when: [value] } },
    ]
    await putFlag('looks.alike', { type: 'json', variants, offVariant: 'a', serve: 'b' })
    expect(await readSegment('not.used')).toMatchObject({ usedBy: [] })
    const target = { id: 't', when: [value], serve: 'a' }
    await putFlag('looks.alike', {
      type: 'json',
      variants,
      offVariant: 'a',
      serve: 'b',
      targets: [target],
    })
    expect(await readSegment('not.used')).toMatchObject({ usedBy: ['flag:looks.alike'] })
    await putFlag('looks.alike', { type: 'json', variants, offVariant: 'a', serve: 'b' })
    expect((await remove('not.used')).status).toBe(200)
  })

  it('a flag cannot name a segment that does not exist', async () => {
    const before = await recorded()
    for (const refused of [
      send('PUT', '/api/flags/lost', { as: ADMIN, body: { rules: inSegment('no.such') } }),
      send('PATCH', '/api/flags/for.beta', { as: ADMIN, body: { rules: inSegment('no.such') } }),
    ])
      expect(await problem(refused)).toMatchObject({
        status: 409,
        errorCode: 'CONFLICT',
        errorDetails: expect.stringContaining('no.such'),
      })
    expect(await recorded()).toEqual(before)
  })

  it('a flag is refused when its segment is deleted just before the commit', async () => {
    await putSegment('fleeting')
    const { d1, control } = lyingD1(env.DB)
    control.beforeBatch = async () => {
      control.beforeBatch = undefined
      expect((await remove('fleeting')).status).toBe(200)
    }
    const sent = { as: ADMIN, body: { rules: inSegment('fleeting') } }
    const late = sendWith({ ...env, DB: d1 }, 'PUT', '/api/flags/late', sent)
    expect(await problem(late)).toMatchObject({ status: 409, errorCode: 'CONFLICT' })
  })

  it('a deletion is refused when a flag uses the segment just before the commit', async () => {
    await putSegment('wanted')
    const { d1, control } = lyingD1(env.DB)
    control.beforeBatch = async () => {
      control.beforeBatch = undefined
      await putFlag('early', { rules: inSegment('wanted') })
    }
    const sent = { as: ADMIN, body: {} }
    const late = sendWith({ ...env, DB: d1 }, 'DELETE', '/api/segments/wanted', sent)
    expect(await problem(late)).toMatchObject({ status: 409, errorCode: 'CONFLICT' })
    expect(await readSegment('wanted')).toMatchObject({ usedBy: ['flag:early'] })
  })

  it('exactly one of a deletion and a flag at the same time succeeds', async () => {
    for (let round = 0; round < 10; round++) {
      const key = `race.${round}`
      await putSegment(key)
      const [deleted, saved] = await Promise.all([
        remove(key),
        send('PUT', `/api/flags/${key}`, { as: ADMIN, body: { rules: inSegment(key) } }),
      ])
      expect([deleted.status, saved.status].toSorted((a, b) => a - b)).toEqual(
        deleted.status === 200 ? [200, 409] : [201, 409],
      )
    }
  })

  it('a flag with a segment that is gone can still be switched off', async () => {
    await putSegment('gone')
    await putFlag('orphan', { rules: inSegment('gone') })
    await env.DB.prepare("DELETE FROM segment WHERE key = 'gone'").run()
    const patch = { as: EDITOR, body: { enabled: false } }
    expect((await send('PATCH', '/api/flags/orphan', patch)).status).toBe(200)
  })
})

describe('GET /api/segments', () => {
  it('lists sizes and users in the order of the keys, page by page', async () => {
    await putSegment('list.b', { include: ['u-1', 'u-2'], description: 'Friends of the house.' })
    await putSegment('list.a', {
      exclude: ['u-1'],
      conditions: [{ attribute: 'plan', operator: 'exists' }],
    })
    await putFlag('list.user', { rules: inSegment('list.b') })
    const first = await listSegments('search=LIST.&limit=1')
    expect(first.items).toEqual([
      expect.objectContaining({
        key: 'list.a',
        included: 0,
        excluded: 1,
        conditions: 1,
        usedBy: 0,
      }),
    ])
    const second = await listSegments(`search=LIST.&limit=1&cursor=${first.nextCursor}`)
    expect(second).toMatchObject({
      items: [
        {
          key: 'list.b',
          included: 2,
          excluded: 0,
          conditions: 0,
          usedBy: 1,
          updatedBy: 'local admin',
        },
      ],
      nextCursor: null,
    })
    expect((await listSegments('search=friends+house')).items.map(({ key }) => key)).toEqual([
      'list.b',
    ])
  })

  it('refuses an unknown query parameter', async () => {
    expect(await problem(send('GET', '/api/segments?serach=beta', { as: VIEWER }))).toMatchObject({
      status: 400,
      issues: [{ path: 'serach' }],
    })
  })
})

describe('A stored segment that cannot be read', () => {
  it('has no users, and breaks no other segment', async () => {
    await putSegment('broken', { include: ['u-1'] })
    await putSegment('whole', { include: ['u-1'] })
    await putFlag('for.broken', { rules: inSegment('broken') })
    await env.DB.prepare(`UPDATE segment SET "include" = '{nonsense' WHERE key = 'broken'`).run()
    const { snapshotVersion } = await putFlag('for.whole', { rules: inSegment('whole') })
    expect(await evaluate({ userId: 'u-1' }, snapshotVersion)).toMatchObject({
      'for.broken': false,
      'for.whole': true,
    })
    expect(await readSegment('broken')).toMatchObject({ include: [] })
    expect((await send('GET', '/api/segments', { as: VIEWER })).status).toBe(200)
    expect(logged).toContainEqual([{ event: 'segment.unreadable', key: 'broken' }])
    expect(logged).toContainEqual([{ event: 'snapshot.segment_unreadable', key: 'broken' }])
    await putSegment('broken', { include: ['u-1'] })
  })
})

describe('Segments elsewhere', () => {
  it('come with the snapshot document', async () => {
    const { segments } = await json<{ segments: object[] }>(
      send('GET', '/v1/snapshot', { as: SERVER }),
    )
    expect(segments).toContainEqual({
      key: 'whole',
      include: ['u-1'],
      exclude: [],
      conditions: [],
    })
  })

  it('the removal of a person names the segments that list them', async () => {
    await putSegment('lists.them', { exclude: ['u-erased'] })
    expect(
      await json(send('DELETE', '/api/users/u-erased', { as: ADMIN, body: {} })),
    ).toMatchObject({ stillListedIn: ['segment:lists.them'] })
  })
})
