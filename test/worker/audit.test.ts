import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry } from '../../schema/audit.ts'
import { NEW_CLIENT } from '../../schema/key.ts'
import { MAX_PAGE_BYTES } from '../../worker/store/audit.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { setMember } from '../../worker/store/members.ts'
import {
  ADMIN,
  readAudit,
  EDITOR,
  json,
  makeKey,
  problem,
  putFlag,
  recorded,
  revokeKey,
  seedKeys,
  send,
  VIEWER,
  watchConsole,
} from '../support/api.ts'

beforeAll(seedKeys)
watchConsole()

type Page = { readonly items: readonly AuditEntry[]; readonly nextCursor: string | null }

const list = (query: Record<string, string>): Promise<Page> =>
  json(send('GET', `/api/audit?${new URLSearchParams(query).toString()}`, { as: VIEWER }))

const rows = () => env.DB.prepare('SELECT * FROM admin_action').all()

describe('Audit', () => {
  it('each change has one row with actor, action, time, before and after', async () => {
    const { flag: first } = await putFlag('audit.story', { rollout: 1 })
    const { flag: second } = await json(
      send('PATCH', '/api/flags/audit.story', {
        as: EDITOR,
        body: { rollout: 2, comment: 'a little more' },
      }),
    )
    await send('DELETE', '/api/flags/audit.story', { as: ADMIN })
    const story = await readAudit('flag:audit.story')
    expect(story).toEqual([
      {
        id: expect.any(Number),
        at: expect.any(String),
        actor: 'local admin',
        action: 'flag.delete',
        target: 'flag:audit.story',
        before: second,
        after: null,
        comment: null,
      },
      expect.objectContaining({
        actor: 'local editor',
        action: 'flag.update',
        before: first,
        after: second,
        comment: 'a little more',
      }),
      expect.objectContaining({ action: 'flag.create', before: null, after: first }),
    ])
    expect(story[1]?.at).toBe((second as { updatedAt: string }).updatedAt)
  })

  it('creating and revoking a key has rows, without the secret', async () => {
    const { id, secret } = await makeKey('audited key', 'client')
    await revokeKey(id)
    const story = await readAudit(`key:${id}`)
    expect(story.map(({ action }) => action)).toEqual(['key.revoke', 'key.create'])
    const [revoked, created] = story
    expect(created?.after).toEqual({
      id,
      name: 'audited key',
      kind: 'client',
      createdAt: expect.any(String),
      revokedAt: null,
      lastUsedAt: null,
      ...NEW_CLIENT,
    })
    expect(revoked?.before).toEqual(created?.after)
    expect(revoked?.after).toEqual({ ...created?.after, revokedAt: revoked?.at })
    expect(JSON.stringify(story)).not.toContain(secret)
  })

  it('a refused edit has no row', async () => {
    await putFlag('audit.refused')
    await send('PATCH', '/api/flags/audit.refused', { as: EDITOR, body: { rollout: 101 } })
    await send('PATCH', '/api/flags/audit.refused', { as: VIEWER, body: { rollout: 1 } })
    await send('DELETE', '/api/flags/audit.refused', { as: ADMIN, headers: { 'If-Match': '"9"' } })
    expect(await readAudit('flag:audit.refused')).toHaveLength(1)
  })

  it('a change is not committed when its row cannot be written', async () => {
    const { flag } = await putFlag('audit.unwritable')
    await env.DB.exec(
      "CREATE TRIGGER full_disk BEFORE INSERT ON admin_action WHEN new.target LIKE '%unwritable%' BEGIN SELECT RAISE(ABORT, 'no room'); END",
    )
    const before = await recorded()
    const attempts: [string, string, object | undefined][] = [
      ['PATCH', 'audit.unwritable', { rollout: 3 }],
      ['DELETE', 'audit.unwritable', undefined],
      ['PUT', 'audit.unwritable.new', {}],
    ]
    for (const [method, key, body] of attempts)
      expect((await send(method, `/api/flags/${key}`, { as: ADMIN, body })).status).toBe(503)
    await env.DB.exec('DROP TRIGGER full_disk')
    expect(await recorded()).toEqual(before)
    expect(await json(send('GET', '/api/flags/audit.unwritable', { as: ADMIN }))).toEqual(flag)
    expect((await send('GET', '/api/flags/audit.unwritable.new', { as: ADMIN })).status).toBe(404)
  })

  it.each([
    ['changed', "UPDATE admin_action SET actor = 'nobody'"],
    ['taken out', 'DELETE FROM admin_action'],
    [
      'replaced',
      "REPLACE INTO admin_action SELECT id, at, 'nobody', action, target, before, after, comment FROM admin_action",
    ],
  ])('a row cannot be %s: the table is append-only', async (_, statement) => {
    await putFlag('audit.for_ever')
    const { results: before } = await rows()
    await expect(env.DB.prepare(statement).run()).rejects.toThrow('append-only')
    expect((await rows()).results).toEqual(before)
  })
})

const listRollouts = ({ items }: Page) => items.map(({ after }) => after?.rollout)

describe('GET /api/audit', () => {
  const editors = ['ada', 'grace'] as const

  beforeAll(async () => {
    const [ada, grace] = [await makeKey('ada', 'editor'), await makeKey('grace', 'editor')]
    for (let rollout = 1; rollout <= 7; rollout++)
      await send('PUT', `/api/flags/paged.${rollout % 2 === 0 ? 'even' : 'odd'}`, {
        as: rollout <= 3 ? ada.secret : grace.secret,
        body: { rollout },
      })
  })

  it('filters by target', async () => {
    expect(listRollouts(await list({ target: 'flag:paged.even' }))).toEqual([6, 4, 2])
    expect(listRollouts(await list({ target: 'flag:paged' }))).toEqual([])
  })

  it('filters by actor, the newest first', async () => {
    const [ada, grace] = await Promise.all(editors.map((actor) => list({ actor })))
    expect(ada && listRollouts(ada)).toEqual([3, 2, 1])
    expect(grace && listRollouts(grace)).toEqual([7, 6, 5, 4])
  })

  it('filters by members with addresses of any length', async () => {
    const email = `${'a'.repeat(245)}@x.exampl`
    const editor = { actor: email, at: new Date(), comment: undefined }
    await setMember(openDatabase(env.DB), editor, email, 'viewer')
    const row = { actor: email, action: 'member.create', target: `member:${email}` }
    expect((await list({ actor: row.actor })).items).toMatchObject([row])
    expect((await list({ target: row.target })).items).toMatchObject([row])
  })

  it('filters by target and actor together', async () => {
    expect(listRollouts(await list({ target: 'flag:paged.odd', actor: 'grace' }))).toEqual([7, 5])
  })

  it('returns each row once, page by page, while new rows arrive', async () => {
    const query = { actor: 'grace', limit: '2' }
    const first = await list(query)
    await putFlag('paged.more')
    const second = await list({ ...query, cursor: first.nextCursor ?? '' })
    expect([first, second].map(listRollouts)).toEqual([
      [7, 6],
      [5, 4],
    ])
    expect(second.nextCursor).toBeNull()
  })

  it('returns one row for each snapshot version over all pages', async () => {
    const seen: number[] = []
    let cursor: string | null = null
    do {
      const page: Page = await list({ limit: '3', ...(cursor !== null && { cursor }) })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    const state = await recorded()
    expect(seen).toHaveLength(state?.audits ?? 0)
    expect(state?.audits).toBe(state?.snapshotVersion)
    expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => b - a))
  })

  it('ends a page early when it is large, and loses no row', async () => {
    const denyList = Array.from({ length: 800 }, (_, index) => `${index}`.padStart(250, 'u'))
    const flags = [{ key: 'paged.large', rules: { denyList } }]
    const document = { format: 'indietix-flags', version: 1, flags }
    expect((await send('POST', '/api/import', { as: ADMIN, body: document })).status).toBe(200)
    for (let rollout = 1; rollout <= 15; rollout++)
      await send('PATCH', '/api/flags/paged.large', { as: ADMIN, body: { rollout } })
    const query = { target: 'flag:paged.large', limit: '200' }
    const first = await list(query)
    expect(first.items.length).toBeGreaterThan(1)
    expect(JSON.stringify(first).length).toBeLessThan(MAX_PAGE_BYTES + 1_000_000)
    const second = await list({ ...query, cursor: first.nextCursor ?? '' })
    expect([...listRollouts(first), ...listRollouts(second)]).toEqual(
      Array.from({ length: 16 }, (_, index) => 15 - index),
    )
    expect(second.nextCursor).toBeNull()
  })

  it.each(['', '!', 'garbage', btoa('1.5'), btoa('-1'), btoa('one'), btoa('9'.repeat(20))])(
    'answers 400 to a cursor that it never returned: %j',
    async (cursor) => {
      const path = `/api/audit?cursor=${encodeURIComponent(cursor)}`
      expect(await problem(send('GET', path, { as: VIEWER }))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
        errorDetails: expect.stringContaining('cursor'),
      })
    },
  )

  it.each([
    ['a limit of 0', 'limit=0', 'limit'],
    ['a limit of 201', 'limit=201', 'limit'],
    ['a target of 262 characters', `target=flag:${'x'.repeat(257)}`, 'target'],
    ['a target without its kind', 'target=feature.new_checkout', 'target'],
    ['an actor of 255 characters', `actor=${'x'.repeat(255)}`, 'actor'],
    ['two actors', 'actor=a&actor=b', 'actor'],
  ])('answers 400 to %s', async (_, query, path) => {
    expect(await problem(send('GET', `/api/audit?${query}`, { as: VIEWER }))).toMatchObject({
      status: 400,
      issues: [{ path }],
    })
  })
})
