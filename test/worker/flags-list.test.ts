import { beforeAll, describe, expect, it } from 'vitest'
import type { Flag } from '../../schema/flag.ts'
import { ADMIN, json, problem, putFlag, seedKeys, send, VIEWER } from '../support/api.ts'

type Page = { readonly items: readonly Flag[]; readonly nextCursor: string | null }

const keyAt = (index: number) => `list.flag-${String(index).padStart(2, '0')}`
const keys = Array.from({ length: 51 }, (_, index) => keyAt(index))

const list = (query: string): Promise<Page> =>
  json(send('GET', `/api/flags${query}`, { as: VIEWER }))
const next = ({ nextCursor }: Page, limit: number) =>
  list(`?limit=${limit}&cursor=${encodeURIComponent(nextCursor ?? 'none')}`)
const listKeys = ({ items }: Page) => items.map(({ key }) => key)

beforeAll(async () => {
  await seedKeys()
  for (const key of keys.toReversed()) await putFlag(key, { description: `This is ${key}.` })
})

describe('GET /api/flags', () => {
  it('lists each flag once, page by page, in the order of the keys', async () => {
    const first = await list('?limit=20')
    const second = await next(first, 20)
    const third = await next(second, 20)
    expect([first, second, third].map(listKeys)).toEqual([
      keys.slice(0, 20),
      keys.slice(20, 40),
      keys.slice(40),
    ])
    expect(third.nextCursor).toBeNull()
  })

  it('returns 50 flags when the request has no limit', async () => {
    const page = await list('')
    expect(listKeys(page)).toEqual(keys.slice(0, 50))
    expect(page.nextCursor).toEqual(expect.any(String))
  })

  it('has no nextCursor when the last page is exactly full', async () => {
    expect((await list('?limit=51')).nextCursor).toBeNull()
  })

  it('returns each flag as GET /api/flags/{key} does', async () => {
    const { items } = await list('?limit=3')
    const [, second] = items
    expect(second).toMatchObject(await json(send('GET', `/api/flags/${keyAt(1)}`, { as: VIEWER })))
  })

  it('continues after a cursor whose flag was deleted', async () => {
    await putFlag('a.first')
    await putFlag('a.second')
    const page = await list('?limit=1')
    await send('DELETE', '/api/flags/a.first', { as: ADMIN })
    expect(listKeys(page)).toEqual(['a.first'])
    expect(listKeys(await next(page, 1))).toEqual(['a.second'])
    await send('DELETE', '/api/flags/a.second', { as: ADMIN })
  })

  it('returns opaque cursors', async () => {
    const { nextCursor } = await list('?limit=5')
    expect(nextCursor).not.toContain('list')
    expect(nextCursor).not.toContain('flag')
  })

  const foreign = ['', '!', 'garbage', keyAt(3), btoa('Not A Key'), btoa(''), 'x'.repeat(401)]
  it.each(foreign)('answers 400 to a cursor that it never returned: %j', async (cursor) => {
    const path = `/api/flags?cursor=${encodeURIComponent(cursor)}`
    expect(await problem(send('GET', path, { as: VIEWER }))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      errorDetails: expect.stringContaining('cursor'),
    })
  })

  it.each(['1', '200'])('accepts a limit of %s', async (limit) => {
    expect((await send('GET', `/api/flags?limit=${limit}`, { as: VIEWER })).status).toBe(200)
  })

  it.each(['0', '201', '-1', '1.5', 'ten', '', '1&limit=2'])(
    'answers 400 to a limit of %j',
    async (limit) => {
      expect(await problem(send('GET', `/api/flags?limit=${limit}`, { as: VIEWER }))).toMatchObject(
        { status: 400, errorCode: 'INVALID_REQUEST', issues: [{ path: 'limit' }] },
      )
    },
  )
})
