import { beforeAll, describe, expect, it } from 'vitest'
import { Bundle } from '../../schema/evaluation.ts'
import {
  ADMIN,
  CLIENT,
  json,
  makeKey,
  problem,
  putFlag,
  seedKeys,
  send,
  SERVER,
} from '../support/api.ts'
import { act, drain, rows, runExperiment } from '../support/experiments.ts'

/** The snapshot version that knows the flags of this file. */
const made = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('admins', { rules: { roles: ['ADMIN'] } })
  await putFlag('half', { rollout: 50 })
  made.version = (await putFlag('constructor')).snapshotVersion
}, 60_000)

type Asked = { as?: string; minVersion?: number; etag?: string | null }

const ask = (context: object, { as = CLIENT, minVersion = made.version, etag }: Asked = {}) =>
  send('POST', `/v1/bundle?minVersion=${minVersion}`, {
    as,
    body: { context },
    headers: etag ? { 'If-None-Match': etag } : {},
  })

const bundle = async (context: object, asked: Asked = {}) =>
  Bundle.strict().parse(await json(ask(context, asked)))

describe('the bundle', () => {
  it('holds every flag and what evaluation says of it', async () => {
    const context = { userId: 'u-1', role: 'ADMIN' }
    const { flags, variants, version, staleTime } = await bundle(context)
    const evaluated = send('POST', `/v1/flags/evaluate?minVersion=${made.version}`, {
      as: CLIENT,
      body: { context },
    })
    expect(flags).toEqual((await json(evaluated)).flags)
    expect(flags).toMatchObject({ on: true, admins: true })
    expect(variants).toEqual({})
    expect({ version, staleTime }).toEqual({ version: made.version, staleTime: 30 })
  })

  it('names a stream that opens without a header', async () => {
    const { stream } = await bundle({})
    const opened = await send('GET', stream)
    expect(opened.status).toBe(200)
    await opened.body?.cancel()
  })

  it('holds the variants of running experiments alone', async () => {
    await runExperiment('running')
    await runExperiment('stopped')
    await send('POST', '/api/experiments', {
      as: ADMIN,
      body: {
        key: 'draft',
        variants: [
          { name: 'A', weight: 1 },
          { name: 'B', weight: 1 },
        ],
      },
    })
    const minVersion = await act('stopped', 'stop')
    const context = { userId: 'u-1' }
    const { variants } = await bundle(context, { minVersion })
    expect(Object.keys(variants)).toEqual(['running'])
    const { variant } = await json(
      send('POST', '/v1/experiments/running/variant', { as: CLIENT, body: { context } }),
    )
    expect(variants).toEqual({ running: variant })
  })

  it('knows no variant of nobody', async () => {
    const minVersion = await runExperiment('for-users')
    expect((await bundle({ userId: ' ' }, { minVersion })).variants).toEqual({})
  })

  it('assigns nobody and exposes nothing', async () => {
    const minVersion = await runExperiment('unseen')
    expect((await bundle({ userId: 'u-9' }, { minVersion })).variants).toHaveProperty('unseen')
    await drain('u-9')
    expect(await rows("SELECT * FROM experiment_assignment WHERE user_id = 'u-9'")).toEqual([])
  })

  it('keeps the variant of a user who was assigned before the weights changed', async () => {
    const launched = await runExperiment('moved')
    const context = { userId: 'u-7' }
    const path = `/v1/experiments/moved/assign?minVersion=${launched}`
    const { variant } = await json(send('POST', path, { as: CLIENT, body: { context } }))
    await act('moved', 'pause')
    const other = variant === 'A' ? 'B' : 'A'
    const changed = await send('PATCH', '/api/experiments/moved', {
      as: ADMIN,
      body: {
        variants: [
          { name: variant, weight: 0 },
          { name: other, weight: 100 },
        ],
      },
    })
    expect(changed.status).toBe(200)
    const minVersion = await act('moved', 'launch')
    expect((await bundle(context, { minVersion })).variants.moved).toBe(variant)
    expect((await bundle({ userId: 'u-8' }, { minVersion })).variants.moved).toBe(other)
  })
})

it('of 200 flags has less than 8 kB, compressed', async ({ annotate }) => {
  const flags = Array.from({ length: 200 }, (_, index) => ({
    key: `feature.area_${index % 12}.some_change_${index}`,
    enabled: true,
    rollout: 50,
  }))
  const body = { format: 'indietix-flags', version: 1, flags }
  const imported = await json<{ snapshotVersion: number }>(
    send('POST', '/api/import', { as: ADMIN, body }),
  )
  const answer = await ask({ userId: 'u-1' }, { minVersion: imported.snapshotVersion })
  const compressed = answer.body?.pipeThrough(new CompressionStream('gzip'))
  const { byteLength } = await new Response(compressed).arrayBuffer()
  await annotate(`a bundle of more than 200 flags: ${byteLength} bytes gzipped`)
  expect(byteLength).toBeGreaterThan(500)
  expect(byteLength).toBeLessThan(8_000)
})

describe('its tag', () => {
  it('answers 304 without a body, and says which version was looked at', async () => {
    const etag = (await ask({ userId: 'u-1' })).headers.get('ETag')
    const again = await ask({ userId: 'u-1' }, { etag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    expect(again.headers.get('ETag')).toBe(etag)
    expect(Number(again.headers.get('X-Snapshot-Version'))).toBeGreaterThanOrEqual(made.version)
  })

  it('stays when an edit changes nothing for the user, and goes when it does', async () => {
    const before = await ask({ userId: 'u-1' })
    const etag = before.headers.get('ETag')
    const rules = { roles: ['ADMIN', 'OWNER'] }
    const { snapshotVersion } = await putFlag('admins', { rules })
    const same = await ask({ userId: 'u-1' }, { etag, minVersion: snapshotVersion })
    expect(same.status).toBe(304)
    expect(Number(same.headers.get('X-Snapshot-Version'))).toBe(snapshotVersion)
    const off = await putFlag('on', { enabled: false })
    const other = await ask({ userId: 'u-1' }, { etag, minVersion: off.snapshotVersion })
    expect(other.status).toBe(200)
    expect(await json(other)).toMatchObject({ flags: { on: false } })
  })

  it('of one context is none of another whose answer differs', async () => {
    const etag = (await ask({ role: 'ADMIN' })).headers.get('ETag')
    expect((await ask({ role: 'GUEST' }, { etag })).status).toBe(200)
  })
})

describe('who may ask', () => {
  it('client and server keys; each is given a stream of its own', async () => {
    const [client, server] = await Promise.all([bundle({}), bundle({}, { as: SERVER })])
    expect(client.flags).toEqual(server.flags)
    expect(client.stream).not.toBe(server.stream)
  })

  it('a key just made, and nobody without one', async () => {
    const { secret, version } = await makeKey('bundle', 'client')
    expect((await ask({}, { as: secret, minVersion: version })).status).toBe(200)
    expect(await problem(ask({}, { as: 'wrong' }))).toMatchObject({
      status: 401,
      errorCode: 'UNAUTHORIZED',
    })
  })

  it('pages of other origins, which may read the tag and the version', async () => {
    const { headers } = await send('POST', '/v1/bundle', {
      as: CLIENT,
      body: { context: {} },
      headers: { Origin: 'https://shop.example' },
    })
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(headers.get('Access-Control-Expose-Headers')).toMatch(/ETag.*X-Snapshot-Version/)
  })

  it('not without a context, or with one that is none', async () => {
    for (const body of [{}, { context: 7 }, { context: { role: 7 } }])
      expect(await problem(send('POST', '/v1/bundle', { as: CLIENT, body }))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_CONTEXT',
      })
  })
})
