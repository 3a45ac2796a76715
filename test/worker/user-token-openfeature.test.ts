import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
import { OpenFeature as OpenFeatureServer } from '@openfeature/server-sdk'
import { ErrorCode, OpenFeature, type Provider } from '@openfeature/web-sdk'
import { beforeAll, expect, it } from 'vitest'
import { app } from '../../worker/app.ts'
import { putFlag, seedKeys } from '../support/api.ts'
import { clientKey, now, secretToken, signing } from '../support/user-tokens.ts'

/*
 * The official OpenFeature providers, unmodified, with a key that demands a signed user: a header of theirs is all.
 */

const key = { secret: '' }

beforeAll(async () => {
  await seedKeys()
  await putFlag('for.staff', { rules: { roles: ['STAFF'] } })
  Object.assign(key, await clientKey({ userToken: { secretName: 'USER_TOKEN_SECRET' } }))
})

const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} }
const service = signing()

/** The settings of a provider for the Worker under test, and the token of the signed-in user. */
const optionsFor = (token: () => Promise<string>) => ({
  baseUrl: 'https://flags.test',
  fetchImplementation: async (...sent: Parameters<typeof fetch>) =>
    app.fetch(new Request(...sent), service, context),
  headersFactory: async (): Promise<[string, string][]> => [
    ['Authorization', `Bearer ${key.secret}`],
    ['X-User-Token', await token()],
  ],
})

it('User token: the OpenFeature web provider sends the token of the current user', async () => {
  const user = { sub: 'u-1', role: 'STAFF' }
  const options = { ...optionsFor(() => secretToken(user)), cacheMode: 'disabled' as const }
  const provider = new OFREPWebProvider({ ...options, pollInterval: -1 })
  await OpenFeature.setProviderAndWait('page', provider as Provider, { targetingKey: 'u-1' })
  const client = OpenFeature.getClient('page')
  expect(client.getBooleanValue('for.staff', false)).toBe(true)
  Object.assign(user, { sub: 'u-2', role: 'GUEST' })
  await OpenFeature.setContext('page', { targetingKey: 'u-2', role: 'STAFF' })
  expect(client.getBooleanValue('for.staff', true)).toBe(false)
  await provider.onClose?.()
})

it('User token: the OpenFeature server provider sends it, and gets defaults without a good one', async () => {
  const claims: { role: string; exp: number } = { role: 'STAFF', exp: now() + 60 }
  const provider = new OFREPProvider(optionsFor(() => secretToken(claims)))
  await OpenFeatureServer.setProviderAndWait('server', provider)
  const client = OpenFeatureServer.getClient('server')
  const user = { targetingKey: 'u-1' }
  expect(await client.getBooleanValue('for.staff', false, user)).toBe(true)
  claims.exp = now() - 60
  expect(await client.getBooleanDetails('for.staff', false, user)).toMatchObject({
    value: false,
    errorCode: ErrorCode.GENERAL,
  })
})
