import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { SnapshotDocument } from '../../schema/snapshot-document.ts'
import {
  CLIENT,
  json,
  makeKey,
  problem,
  putFlag,
  revokeKey,
  seedKeys,
  send,
  SERVER,
} from '../support/api.ts'
import { runExperiment } from '../support/experiments.ts'

const read = (query = '', headers: Record<string, string> = {}) =>
  send('GET', `/v1/snapshot${query}`, { as: SERVER, headers })
const readDocument = async (query = '') => SnapshotDocument.parse(await json(read(query)))

beforeAll(async () => {
  await seedKeys()
  await putFlag('on', { description: 'a secret plan' })
  await putFlag('some', {
    rollout: 20,
    rules: { cities: ['Mumbai'], denyList: ['u-1'], roles: [] },
  })
  await runExperiment('running')
})

describe('GET /v1/snapshot', () => {
  it('returns the flags and experiments that an evaluation needs', async () => {
    const { flags, experiments } = await readDocument()
    expect(flags).toEqual([
      { key: 'on', enabled: true, rollout: 100, rules: null },
      {
        key: 'some',
        enabled: true,
        rollout: 20,
        rules: { cities: ['Mumbai'], denyList: ['u-1'] },
      },
    ])
    expect(experiments).toMatchObject([{ key: 'running', status: 'RUNNING', isBucketed: true }])
  })

  it('has no key, no hash and no description', async () => {
    const text = await (await read()).text()
    expect(text).not.toContain('secret plan')
    expect(text).not.toMatch(/[0-9a-f]{64}/)
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'format',
      'version',
      'flags',
      'experiments',
      'stream',
    ])
  })

  it('refuses a client key with the reason', async () => {
    expect(await problem(send('GET', '/v1/snapshot', { as: CLIENT }))).toMatchObject({
      status: 403,
      errorCode: 'FORBIDDEN',
      errorDetails: expect.stringContaining('send a server key'),
    })
    expect(await problem(send('GET', '/v1/snapshot'))).toMatchObject({ status: 401 })
  })

  it('names its version and age in headers', async () => {
    const answer = await read()
    const { version } = await json<{ version: number }>(answer)
    expect(answer.headers.get('X-Snapshot-Version')).toBe(String(version))
    expect(Number(answer.headers.get('X-Snapshot-Age'))).toBeGreaterThanOrEqual(0)
  })

  it('answers 304 until a flag changes, also after an edit of a key', async () => {
    const etag = (await read()).headers.get('ETag') ?? ''
    expect(etag).toMatch(/^W\/"[0-9a-f]{32}"$/)
    const { id } = await makeKey('another', 'client')
    const version = await revokeKey(id)
    const unchanged = await read(`?minVersion=${version}`, { 'If-None-Match': etag })
    expect(unchanged.status).toBe(304)
    expect(unchanged.headers.get('X-Snapshot-Version')).toBe(String(version))
    const edit = await putFlag('on', { rollout: 99 })
    const changed = await read(`?minVersion=${edit.snapshotVersion}`, { 'If-None-Match': etag })
    expect(changed.status).toBe(200)
    expect(await json(changed)).toMatchObject({ version: edit.snapshotVersion })
  })

  it('contains the demanded version', async () => {
    const { snapshotVersion } = await putFlag('demanded')
    const { version, flags } = await readDocument(`?minVersion=${snapshotVersion}`)
    expect(version).toBe(snapshotVersion)
    expect(flags.map(({ key }) => key)).toContain('demanded')
  })

  it('names a path that opens the stream', async () => {
    const { stream } = await readDocument()
    const answer = await send('GET', stream)
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/event-stream'])
    await answer.body?.cancel()
  })

  it('marks a stored flag that cannot be read', async () => {
    await env.DB.prepare(`UPDATE feature_flag SET rules = '{' WHERE key = 'some'`).run()
    const { snapshotVersion } = await putFlag('next')
    const { flags } = await readDocument(`?minVersion=${snapshotVersion}`)
    expect(flags.find(({ key }) => key === 'some')).toEqual({ key: 'some', broken: true })
  })
})
