import type * as z from 'zod'
import { beforeAll, expect, it } from 'vitest'
import { MAX_EXPERIMENTS } from '../../schema/limits.ts'
import type { ImportResult, TransferDocument } from '../../schema/transfer.ts'
import { ADMIN, json, seedKeys, send } from '../support/api.ts'
import { HALVES } from '../support/experiments.ts'

/* Documents at the limits of a deployment. The files of other tests have flags of their own, and no room for these. */

beforeAll(seedKeys)

type Result = z.infer<typeof ImportResult>

const importing = (body: object, query = '') =>
  json<Result>(send('POST', `/api/import${query}`, { as: ADMIN, body }))

const createDocument = (content: { flags?: object[]; experiments?: object[] }) => ({
  format: 'indietix-flags',
  version: 1,
  flags: [],
  ...content,
})

const countBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length

const DESCRIPTION = 'यह झंडा नया भुगतान पृष्ठ दिखाता है। '.repeat(40).slice(0, 1_000)
const USERS = Array.from({ length: 50 }, (_, index) => `a-long-user-id-${index + 10_000}`)

/** The number of flags of the deployment whose export was too large once. */
const COUNT = 3_206

it(
  'Import: takes back an export of thousands of flags with the longest Hindi description',
  { timeout: 300_000 },
  async () => {
    const flags = Array.from({ length: COUNT }, (_, index) => ({
      key: `full.f${index}`,
      description: DESCRIPTION,
      enabled: true,
      rollout: 100,
      rules: { allowList: USERS },
      killSwitch: false,
    }))
    const made = await importing(createDocument({ flags }))
    expect(made.unchanged).toBe(0)
    expect(made.omitted?.changes).toBeGreaterThan(0)
    expect(made.changes.length + (made.omitted?.changes ?? 0)).toBe(COUNT)
    expect(made.changes[0]).toMatchObject({ key: 'full.f0', before: null })
    expect(countBytes(made)).toBeLessThan(12_000_000)

    const exported = await json<TransferDocument>(send('GET', '/api/export', { as: ADMIN }))
    expect(countBytes(exported)).toBeGreaterThan(9_000_000)
    expect(exported.flags).toHaveLength(COUNT)
    expect(exported.flags.find(({ key }) => key === 'full.f3205')).toEqual(flags.at(-1))
    expect(await importing(exported)).toMatchObject({ changes: [], unchanged: COUNT })
  },
)

const toExperiment = (status: string) => (_: unknown, index: number) => ({
  key: `${status.toLowerCase()}-${index}`,
  variants: HALVES,
  status,
})

it('Import: stopped experiments become drafts while there is room, and the answer names the others', async () => {
  const experiments = [
    ...Array.from({ length: MAX_EXPERIMENTS + 200 }, toExperiment('STOPPED')),
    ...Array.from({ length: 10 }, toExperiment('RUNNING')),
  ]
  const result = await importing(createDocument({ experiments }))
  expect(result.experimentChanges.map(({ key }) => key)).toEqual([
    ...Array.from({ length: MAX_EXPERIMENTS - 10 }, (_, index) => `stopped-${index}`),
    ...Array.from({ length: 10 }, (_, index) => `running-${index}`),
  ])
  expect(result.skipped).toHaveLength(210)
  expect(result.skipped?.[0]).toEqual({
    key: `stopped-${MAX_EXPERIMENTS - 10}`,
    reason: 'it is STOPPED, and 1000 experiments are not stopped here: no draft was made',
  })
  expect(result.unchanged).toBe(0)
  expect(await importing(createDocument({ experiments }))).toMatchObject({
    experimentChanges: [],
    unchanged: MAX_EXPERIMENTS,
  })
  const more = [{ key: 'one-more', variants: HALVES }]
  const refused = await send('POST', '/api/import', {
    as: ADMIN,
    body: createDocument({ experiments: more }),
  })
  expect(refused.status).toBe(409)
})
