import { env } from 'cloudflare:workers'
import type * as z from 'zod'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { ImportResult, TransferDocument } from '../../schema/transfer.ts'
import { ADMIN, json, recorded, seedKeys, send } from '../support/api.ts'
import { act, draft, HALVES, pass, stopClock, weighted, type Step } from '../support/experiments.ts'

/* An experiment, in every state that can be reached, goes out with an export and comes in with an import. */

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const PLAN = { baselineRate: 0.1, minimumDetectableEffect: 0.2, power: 0.9, alpha: 0.01 }

const createDocument = (experiments: readonly object[]) => ({
  format: 'indietix-flags',
  version: 1,
  flags: [],
  experiments,
})

const importing = (body: unknown, query = '') =>
  send('POST', `/api/import${query}`, { as: ADMIN, body })

const exported = () => json<TransferDocument>(send('GET', '/api/export', { as: ADMIN }))

const read = (key: string) => json(send('GET', `/api/experiments/${key}`, { as: ADMIN }))

const HOUR = 3_600_000
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString()
const schedules = {
  always: () => ({}),
  start: () => ({ startAt: inHours(1) }),
  stop: () => ({ stopAt: inHours(3) }),
  both: () => ({ startAt: inHours(1), stopAt: inHours(3) }),
}
const ways: readonly (readonly Step[])[] = [
  [],
  ['launch'],
  ['launch', 'pause'],
  ['launch', 'stop'],
  ['launch', 'pause', 'stop'],
  ['launch', 'pause', 'launch'],
  ['launch', 'pause', 'launch', 'stop'],
]

/** An experiment that went this way, its last step so many hours after the others. */
const goneThrough = async (key: string, way: readonly Step[], hours: number) => {
  for (const [index, step] of way.entries()) {
    if (index === way.length - 1 && hours > 0) pass(hours * HOUR)
    await act(key, step)
  }
}

it.each(Object.keys(schedules) as (keyof typeof schedules)[])(
  'Import under new keys: experiments in any status become drafts, with the schedule %s',
  async (name) => {
    const keys: string[] = []
    for (const hours of [0, 2])
      for (const way of ways) {
        const key = ['trip', name, hours, ...way].join('-')
        await draft(key, { ...schedules[name](), variants: weighted(1, 9), plan: PLAN })
        await goneThrough(key, way, hours)
        keys.push(key)
      }
    const { experiments = [] } = await exported()
    const told = experiments.filter(({ key }) => keys.includes(key))
    expect(told.map(({ status }) => status)).toContain('STOPPED')
    // New keys: the import creates the experiments.
    const fresh = told.map((each) => ({ ...each, key: `fresh-${each.key}` }))
    const document = createDocument(fresh)
    for (const query of ['?dryRun=true', ''])
      expect(
        (await json<z.infer<typeof ImportResult>>(importing(document, query))).experimentChanges,
      ).toHaveLength(keys.length)
    for (const { key, status: _, ...settings } of fresh)
      expect(await read(key)).toMatchObject({ ...settings, status: 'DRAFT' })
    const before = await recorded()
    expect(await json(importing(document))).toMatchObject({ unchanged: keys.length })
    expect(await recorded()).toEqual(before)
  },
)

it('Import: an older export with stopAt before startAt comes in without startAt', async () => {
  const stopped = { startAt: '2041-01-01T00:00:00.000Z', stopAt: '2040-01-01T00:00:00.000Z' }
  const document = createDocument([
    { key: 'old-stop', variants: HALVES, ...stopped, status: 'STOPPED' },
  ])
  for (const query of ['?dryRun=true', ''])
    expect(await json(importing(document, query))).toMatchObject({
      experimentChanges: [{ key: 'old-stop', after: { ...stopped, startAt: null } }],
    })
  expect(await json(importing(document))).toMatchObject({ experimentChanges: [], unchanged: 1 })
})

it('Import: an older row with stopAt before startAt is unchanged by either form', async () => {
  await draft('old-row')
  await act('old-row', 'launch')
  await act('old-row', 'stop')
  await env.DB.prepare("UPDATE experiment SET start_at = stop_at + 1 WHERE key = 'old-row'").run()
  const { experiments = [] } = await exported()
  const [row] = experiments.filter(({ key }) => key === 'old-row')
  for (const startAt of [row?.startAt, null])
    expect(
      await json(importing(createDocument([{ ...row, startAt: startAt ?? null }]))),
    ).toMatchObject({ experimentChanges: [], unchanged: 1 })
})
