import type * as z from 'zod'
import { beforeAll, expect, it } from 'vitest'
import { MAX_EXPERIMENTS, MAX_FLAGS } from '../../schema/limits.ts'
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

it('Import: takes back an export of every flag with the longest Hindi description', async () => {
  const flags = Array.from({ length: MAX_FLAGS }, (_, index) => ({
    key: `full.f${index}`,
    description: DESCRIPTION,
    enabled: true,
    rollout: 100,
    rules: { allowList: USERS },
    killSwitch: false,
  }))
  const document = createDocument({ flags })
  expect(countBytes(document)).toBeGreaterThan(19_000_000)

  const planned = await importing(document, '?dryRun=true')
  const made = await importing(document)
  for (const result of [planned, made]) {
    expect(result.unchanged).toBe(0)
    expect(result.changes.length + (result.omitted?.changes ?? 0)).toBe(MAX_FLAGS)
    expect(result.changes[0]).toMatchObject({ key: 'full.f0', before: null })
    expect(countBytes(result)).toBeLessThan(12_000_000)
  }

  const exported = await json<TransferDocument>(send('GET', '/api/export', { as: ADMIN }))
  expect(exported.flags).toHaveLength(MAX_FLAGS)
  expect(new Map(exported.flags.map((flag) => [flag.key, flag]))).toEqual(
    new Map(flags.map((flag) => [flag.key, flag])),
  )
  expect(await importing(exported)).toMatchObject({ changes: [], unchanged: MAX_FLAGS })

  const changed = exported.flags.map((flag) => ({ ...flag, enabled: false }))
  const result = await importing(createDocument({ flags: changed }))
  expect(result.changes.length + (result.omitted?.changes ?? 0)).toBe(MAX_FLAGS)
  expect(await json(send('GET', '/api/flags/full.f4999', { as: ADMIN }))).toMatchObject({
    enabled: false,
    version: 2,
    description: DESCRIPTION,
  })
})

it('Import: stopped experiments become drafts while there is room, and the answer names the others', async () => {
  const toExperiment = (status: string) => (_: unknown, index: number) => ({
    key: `${status.toLowerCase()}-${index}`,
    variants: HALVES,
    status,
  })
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
