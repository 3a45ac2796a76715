import { beforeAll, expect, it } from 'vitest'
import { makeKey, putFlag, seedKeys, send } from '../support/api.ts'

beforeAll(async () => {
  await seedKeys()
  await putFlag('for.all')
})

it('A key with a wildcard: works from one label there, and from the webview beside it', async () => {
  const origins = ['https://*.preview.example', 'capacitor://localhost']
  const { secret, version } = await makeKey('previews', 'client', { origins })
  const statuses = await Promise.all(
    ['https://pr-7.preview.example', 'capacitor://localhost', 'https://preview.example'].map(
      async (origin) => {
        const sent = { as: secret, body: { context: {} }, headers: { Origin: origin } }
        return (await send('POST', `/v1/flags/evaluate?minVersion=${version}`, sent)).status
      },
    ),
  )
  expect(statuses).toEqual([200, 200, 403])
})
