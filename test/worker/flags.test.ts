import { beforeAll, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, seedKeys, send } from '../support/api.ts'

beforeAll(seedKeys)

it('an edit is seen by the very next evaluate that names the version it returned', async () => {
  const edit = await json<{ snapshotVersion: number; published: boolean }>(
    send('PUT', '/api/flags/feature.a', { as: ADMIN, body: { enabled: true, rollout: 100 } }),
  )
  expect(edit.published).toBe(true)
  const seen = await json(
    send('POST', `/v1/flags/evaluate?minVersion=${edit.snapshotVersion}`, {
      as: CLIENT,
      body: { context: {} },
    }),
  )
  expect(seen).toEqual({ flags: { 'feature.a': true }, version: edit.snapshotVersion })
})
