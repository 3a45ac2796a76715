import { beforeAll, describe, expect, it } from 'vitest'
import type { Experiment } from '../../schema/experiment.ts'
import { ADMIN, json, problem, seedKeys, send, VIEWER } from '../support/api.ts'
import { HALVES, patch, rows } from '../support/experiments.ts'

type Page = { items: Experiment[]; nextCursor: string | null }

const readPage = (query: string) =>
  json<Page>(send('GET', `/api/experiments?${query}`, { as: VIEWER }))
const listKeys = async (query: string) => (await readPage(query)).items.map(({ key }) => key)

/** All pages of a list, each of one experiment. */
const readAll = async (query: string, cursor: string | null = null): Promise<string[]> => {
  const next = cursor === null ? '' : `&cursor=${cursor}`
  const { items, nextCursor } = await readPage(`limit=1&${query}${next}`)
  const keys = items.map(({ key }) => key)
  return nextCursor === null ? keys : [...keys, ...(await readAll(query, nextCursor))]
}

const MONTH = 30 * 86_400_000

/** Puts an experiment into D1 as the life cycle would leave it. */
const put = (key: string, status: string, more: Record<string, unknown> = {}) => {
  const row = {
    key,
    description: null,
    variants: JSON.stringify(HALVES),
    status,
    start_at: status === 'DRAFT' ? null : 1,
    stop_at: status === 'STOPPED' ? 2 : null,
    owner: 'local admin',
    archived_at: null,
    ...more,
  }
  return rows(
    `INSERT INTO experiment (${Object.keys(row).join()}, version, created_at, updated_at)
     VALUES (${Object.keys(row).fill('?').join()}, 1, 0, 0)`,
    ...Object.values(row),
  )
}

beforeAll(async () => {
  await seedKeys()
  await put('z-runs', 'RUNNING')
  await put('a-scheduled', 'RUNNING', { start_at: Date.now() + MONTH })
  await put('b-paused', 'PAUSED')
  const variants = JSON.stringify([...HALVES, { name: 'Third-way', weight: 1 }])
  await put('c-draft', 'DRAFT', { variants })
  await put('d-stopped', 'STOPPED')
  await put('e-archived', 'STOPPED', { archived_at: 3 })
  await put('f-theirs', 'DRAFT', {
    description: 'Sells 100% more? टिकट',
    owner: 'Payments',
  })
  await put('g-over', 'RUNNING', { stop_at: 2 })
})

describe('GET /api/experiments', () => {
  it('lists by key without archived experiments when the query names nothing', async () => {
    const all = ['a-scheduled', 'b-paused', 'c-draft', 'd-stopped', 'f-theirs', 'g-over', 'z-runs']
    expect(await listKeys('')).toEqual(all)
    expect(await readAll('')).toEqual(all)
  })

  it('lists by status page by page, the running ones first', async () => {
    const all = ['z-runs', 'a-scheduled', 'b-paused', 'c-draft', 'f-theirs', 'd-stopped', 'g-over']
    expect(await listKeys('sort=status')).toEqual(all)
    expect(await readAll('sort=status')).toEqual(all)
  })

  it.each([
    ['RUNNING', ['z-runs']],
    ['SCHEDULED', ['a-scheduled']],
    ['PAUSED', ['b-paused']],
    ['DRAFT', ['c-draft', 'f-theirs']],
    ['STOPPED', ['d-stopped', 'g-over']],
    ['ARCHIVED', ['e-archived']],
  ])('lists the experiments that are %s by now', async (status, keys) => {
    expect(await listKeys(`status=${status}`)).toEqual(keys)
  })

  it.each([
    ['c-dr', ['c-draft']],
    ['THIRD-WAY', ['c-draft']],
    ['more sells', ['f-theirs']],
    ['100%25', ['f-theirs']],
    [encodeURIComponent('टिकट'), ['f-theirs']],
    ['payments', ['f-theirs']],
    ['_', []],
  ])('finds by the words %s', async (search, keys) => {
    expect(await listKeys(`search=${search}`)).toEqual(keys)
  })

  it('lists the experiments of an owner, who at first is the creator', async () => {
    expect(await listKeys('owner=Payments')).toEqual(['f-theirs'])
    expect(await listKeys('owner=local%20admin&status=DRAFT')).toEqual(['c-draft'])
    await patch('c-draft', { owner: null })
    expect(await listKeys('owner=local%20admin&status=DRAFT')).toEqual([])
  })

  it('takes a cursor of the list before lists by status', async () => {
    expect(await listKeys(`cursor=${btoa('d-stopped')}`)).toEqual(['f-theirs', 'g-over', 'z-runs'])
  })

  it.each(['status=LOST', 'sort=age', `owner=${'x'.repeat(255)}`, `cursor=${btoa('No key')}`])(
    'answers 400 to %s',
    async (query) => {
      const refused = send('GET', `/api/experiments?${query}`, { as: ADMIN })
      expect(await problem(refused)).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
    },
  )
})
