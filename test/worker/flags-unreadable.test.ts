import { env } from 'cloudflare:workers'
import { beforeAll, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, putFlag, seedKeys, send } from '../support/api.ts'

beforeAll(seedKeys)

it('PATCH /api/flags/{key}: a flag whose stored rules cannot be read stays off after an edit', async () => {
  await putFlag('broken.flag', { rules: { roles: ['ADMIN'] } })
  await env.DB.prepare("UPDATE feature_flag SET rules = '{nonsense'").run()
  const edit = await json<{ flag: object; snapshotVersion: number }>(
    send('PATCH', '/api/flags/broken.flag', { as: ADMIN, body: { description: 'mended?' } }),
  )
  expect(edit.flag).toMatchObject({ enabled: false, rules: null })
  const seen = await json(
    send('POST', `/v1/flags/evaluate?minVersion=${edit.snapshotVersion}`, {
      as: CLIENT,
      body: { context: { userId: 'u-1' } },
    }),
  )
  expect(seen.flags).toEqual({ 'broken.flag': false })
})

it('OFREP: a JSON body that is no request answers PARSE_ERROR, a code of the protocol', async () => {
  const answer = await send('POST', '/ofrep/v1/evaluate/flags/a.b', { as: CLIENT, body: '[]' })
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ key: 'a.b', errorCode: 'PARSE_ERROR' })
})
