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
})

type Asked = { as?: string; minVersion?: number; etag?: string | null }

const ask = (context: object, { as = CLIENT, minVersion = made.version, etag }: Asked = {}) =>
  send('POST', `/v1/bundle?minVersion=${minVersion}`, {
    as,
    body: { context },
    headers: etag ? { 'If-None-Match': etag } : {},
  })

const bundle = async (context: object, asked: Asked = {}) =>
  Bundle.strict().parse(await json(ask(context, asked)))

describe('POST /v1/bundle', () => {
  it('the bundle holds every flag with its value from evaluate', async () => {
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

  it('the bundle names a stream that opens without a header', async () => {
    const { stream } = await bundle({})
    const opened = await send('GET', stream)
    expect(opened.status).toBe(200)
    await opened.body?.cancel()
  })

  it('the bundle holds variants of running experiments only', async () => {
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

  it('a context without a user id gets no variants', async () => {
    const minVersion = await runExperiment('for-users')
    expect((await bundle({ userId: ' ' }, { minVersion })).variants).toEqual({})
  })

  it('a request assigns no variant and records no exposure', async () => {
    const minVersion = await runExperiment('unseen')
    expect((await bundle({ userId: 'u-9' }, { minVersion })).variants).toHaveProperty('unseen')
    await drain('u-9')
    expect(await rows("SELECT * FROM experiment_assignment WHERE user_id = 'u-9'")).toEqual([])
  })

  it('a user assigned before the weights changed keeps the variant', async () => {
    const launched = await runExperiment('moved')
    const context = { userId: 'u-7' }
    const path = `/v1/experiments/moved/assign?minVersion=${launched}`
    const { variant } = await json(send('POST', path, { as: CLIENT, body: { context } }))
    await act('moved', 'pause')
    const other = variant === 'A' ? 'B' : 'A'
    const changed = await send('PATCH', '/api/experiments/moved', {
      as: ADMIN,
      body: {
        variants: ['A', 'B'].map((name) => ({ name, weight: name === other ? 10_000 : 1 })),
      },
    })
    expect(changed.status).toBe(200)
    const minVersion = await act('moved', 'launch')
    expect((await bundle(context, { minVersion })).variants.moved).toBe(variant)
    expect((await bundle({ userId: 'u-8' }, { minVersion })).variants.moved).toBe(other)
  })
})

it('a bundle of 200 flags is smaller than 8 kB compressed', async ({ annotate }) => {
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

describe('The ETag of POST /v1/bundle', () => {
  it('an unchanged bundle answers 304 without a body, with the snapshot version', async () => {
    const etag = (await ask({ userId: 'u-1' })).headers.get('ETag')
    const again = await ask({ userId: 'u-1' }, { etag })
    expect(again.status).toBe(304)
    expect(await again.text()).toBe('')
    expect(again.headers.get('ETag')).toBe(etag)
    expect(Number(again.headers.get('X-Snapshot-Version'))).toBeGreaterThanOrEqual(made.version)
  })

  it('the ETag changes only when an edit changes the answer for the user', async () => {
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

  it('two contexts with different answers have different ETags', async () => {
    const etag = (await ask({ role: 'ADMIN' })).headers.get('ETag')
    expect((await ask({ role: 'GUEST' }, { etag })).status).toBe(200)
  })
})

describe('Access to POST /v1/bundle', () => {
  it('a client and a server key get a stream each', async () => {
    const [client, server] = await Promise.all([bundle({}), bundle({}, { as: SERVER })])
    expect(client.flags).toEqual(server.flags)
    expect(client.stream).not.toBe(server.stream)
  })

  it('a new key works at once, and a request without a key gets 401', async () => {
    const { secret, version } = await makeKey('bundle', 'client')
    expect((await ask({}, { as: secret, minVersion: version })).status).toBe(200)
    expect(await problem(ask({}, { as: 'wrong' }))).toMatchObject({
      status: 401,
      errorCode: 'UNAUTHORIZED',
    })
  })

  it('a page of another origin may read the ETag and the version', async () => {
    const { headers } = await send('POST', '/v1/bundle', {
      as: CLIENT,
      body: { context: {} },
      headers: { Origin: 'https://shop.example' },
    })
    expect(headers.get('Access-Control-Allow-Origin')).toBe('*')
    expect(headers.get('Access-Control-Expose-Headers')).toMatch(/ETag.*X-Snapshot-Version/)
  })

  it('a missing or malformed context answers 400', async () => {
    for (const body of [{}, { context: 7 }, { context: [] }])
      expect(await problem(send('POST', '/v1/bundle', { as: CLIENT, body }))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_CONTEXT',
      })
  })
})
