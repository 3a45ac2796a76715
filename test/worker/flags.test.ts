import { beforeAll, describe, expect, it } from 'vitest'
import type { Flag } from '../../schema/flag.ts'
import {
  ADMIN,
  readAudit,
  CLIENT,
  EDITOR,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  VIEWER,
} from '../support/api.ts'

beforeAll(seedKeys)

const read = (key: string): Promise<Flag> => json(send('GET', `/api/flags/${key}`, { as: VIEWER }))
const put = (key: string, body: object) => send('PUT', `/api/flags/${key}`, { as: EDITOR, body })
const patch = (key: string, body: object) =>
  send('PATCH', `/api/flags/${key}`, { as: EDITOR, body })
const remove = (key: string, body?: object) =>
  send('DELETE', `/api/flags/${key}`, { as: ADMIN, body })

const full = {
  description: 'All of it.',
  enabled: true,
  rollout: 40,
  rules: { roles: ['ADMIN'], cities: ['Mumbai'], denyList: ['u-1'] },
  killSwitch: true,
}

describe('Flags: an edit', () => {
  it('an edit is in effect for an evaluate with minVersion of its answer', async () => {
    const edit = await putFlag('seen.at_once')
    expect(edit.published).toBe(true)
    const seen = await json(
      send('POST', `/v1/flags/evaluate?minVersion=${edit.snapshotVersion}`, {
        as: CLIENT,
        body: { context: {}, keys: ['seen.at_once'] },
      }),
    )
    expect(seen).toEqual({ flags: { 'seen.at_once': true }, version: edit.snapshotVersion })
  })

  it('each edit of any flag takes the next snapshot version and leaves other flags alone', async () => {
    const first = await putFlag('next.a')
    const second = await putFlag('next.b')
    const third = await json(patch('next.a', { rollout: 1 }))
    expect(second.snapshotVersion).toBe(first.snapshotVersion + 1)
    expect(third).toMatchObject({
      snapshotVersion: first.snapshotVersion + 2,
      flag: { version: 2 },
    })
    expect(await read('next.b')).toEqual(second.flag)
  })

  it('a rollout keeps its decimals in D1, in the audit and in an export', async () => {
    await put('with.decimals', { enabled: true, rollout: 0.125 })
    await patch('with.decimals', { rollout: 33.333 })
    expect(await read('with.decimals')).toMatchObject({ rollout: 33.333 })
    expect((await readAudit('flag:with.decimals'))[0]).toMatchObject({
      before: { rollout: 0.125 },
      after: { rollout: 33.333 },
    })
    const { flags } = await json<{ flags: Flag[] }>(send('GET', '/api/export', { as: ADMIN }))
    const exported = flags.find(({ key }) => key === 'with.decimals')
    const document = {
      format: 'indietix-flags',
      version: 1,
      flags: [{ ...exported, rollout: 7.7 }],
    }
    await send('POST', '/api/import', { as: ADMIN, body: document })
    expect(await read('with.decimals')).toMatchObject({ rollout: 7.7, version: 3 })
  })

  it('the comment of an edit is in the audit and not in the flag', async () => {
    const made = await json(put('with.comment', { comment: 'made' }))
    const changed = await json(patch('with.comment', { rollout: 1, comment: 'changed' }))
    await remove('with.comment', { comment: 'gone' })
    expect(made.flag).not.toHaveProperty('comment')
    expect(changed.flag).not.toHaveProperty('comment')
    const comments = (await readAudit('flag:with.comment')).map(({ comment }) => comment)
    expect(comments).toEqual(['gone', 'changed', 'made'])
  })

  const noChange: [string, string, object][] = [
    ['a PUT of what is there', 'PUT', full],
    ['a PATCH of what is there', 'PATCH', { rollout: 40, killSwitch: true }],
    ['a PATCH that names nothing', 'PATCH', {}],
    ['a PATCH with only a comment', 'PATCH', { comment: 'well, no' }],
    ['a PUT of it with half a character', 'PUT', { ...full, description: 'Half \ud83c!' }],
    [
      'rules with their members in another order',
      'PATCH',
      { rules: { denyList: ['u-1'], cities: ['Mumbai'], roles: ['ADMIN'] } },
    ],
  ]
  it.each(noChange)(
    'an edit that changes nothing writes nothing: %s',
    async (name, method, body) => {
      const key = `same.${name.toLowerCase().replaceAll(' ', '_')}`
      await put(key, { ...full, ...(method === 'PUT' && body) })
      const [flag, before] = [await read(key), await recorded()]
      const answer = await send(method, `/api/flags/${key}`, { as: EDITOR, body })
      expect(answer.status).toBe(200)
      expect(await json(answer)).toEqual({
        flag,
        snapshotVersion: before?.snapshotVersion,
        published: true,
      })
      expect(await recorded()).toEqual(before)
      expect(await read(key)).toEqual(flag)
    },
  )
})

describe('PUT /api/flags/{key}', () => {
  it('creates a flag, with defaults for absent members', async () => {
    const answer = await put('put.creates', {})
    const { flag } = await json<{ flag: Flag }>(answer)
    expect(answer.status).toBe(201)
    expect(answer.headers.get('ETag')).toBe('"1"')
    expect(flag).toEqual({
      key: 'put.creates',
      description: null,
      enabled: false,
      rollout: 0,
      rules: null,
      killSwitch: false,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: flag.createdAt,
    })
    expect(await read('put.creates')).toEqual(flag)
  })

  it('replaces a flag: absent members take their defaults', async () => {
    const { flag: before } = await putFlag('put.replaces', full)
    const answer = await put('put.replaces', { rollout: 7 })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ETag')).toBe('"2"')
    expect((await json(answer)).flag).toEqual({
      ...before,
      description: null,
      enabled: false,
      rollout: 7,
      rules: null,
      killSwitch: false,
      version: 2,
      updatedAt: expect.any(String),
    })
  })
})

describe('PATCH /api/flags/{key}', () => {
  const members: [string, object][] = [
    ['description', { description: 'Another.' }],
    ['no description', { description: null }],
    ['enabled', { enabled: false }],
    ['rollout', { rollout: 41 }],
    ['killSwitch', { killSwitch: false }],
    ['no rules', { rules: null }],
    ['rules, as a whole', { rules: { categories: ['music'] } }],
  ]
  it.each(members)('changes only the members that it names: %s', async (name, body) => {
    const key = `patch.${name.toLowerCase().replaceAll(/\W+/g, '_')}`
    const { flag: before } = await putFlag(key, full)
    const answer = await patch(key, body)
    expect(answer.status).toBe(200)
    const expected = { ...before, ...body, version: 2, updatedAt: expect.any(String) }
    expect((await json(answer)).flag).toEqual(expected)
    expect(await read(key)).toEqual(expected)
  })
})

it.each(['description', 'comment'])(
  'Flags: half a surrogate pair in a %s is answered as it is stored',
  async (member) => {
    const key = `half.${member}`
    const { flag } = await json<{ flag: Flag }>(put(key, { [member]: 'Half \ud83c!' }))
    expect(await read(key)).toEqual(flag)
    const [entry] = await readAudit(`flag:${key}`)
    expect(entry?.after).toEqual(flag)
    expect(JSON.stringify(entry)).toContain('Half \ufffd!')
  },
)

describe('GET /api/flags/{key}', () => {
  it('answers the flag, with its version as the ETag', async () => {
    const { flag } = await putFlag('get.one', full)
    await patch('get.one', { rollout: 2 })
    const answer = await send('GET', '/api/flags/get.one', { as: VIEWER })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('ETag')).toBe('"2"')
    expect(await json(answer)).toMatchObject({ key: flag.key, rollout: 2, version: 2 })
  })
})

describe('DELETE /api/flags/{key}', () => {
  it('removes the flag, and the edge no longer knows it', async () => {
    await putFlag('delete.one')
    const answer = await remove('delete.one')
    const { snapshotVersion, ...rest } = await json<{ snapshotVersion: number }>(answer)
    expect(answer.status).toBe(200)
    expect(rest).toEqual({ flag: null, published: true })
    expect((await send('GET', '/api/flags/delete.one', { as: VIEWER })).status).toBe(404)
    const seen = send('POST', `/v1/flags/evaluate?minVersion=${snapshotVersion}`, {
      as: CLIENT,
      body: { context: {}, keys: ['delete.one'] },
    })
    expect(await json(seen)).toMatchObject({ flags: {}, unknown: ['delete.one'] })
  })

  it('needs no body, whatever Content-Type the client sends', async () => {
    await putFlag('delete.typed')
    const headers = { 'Content-Type': 'application/json' }
    const answer = await send('DELETE', '/api/flags/delete.typed', { as: ADMIN, headers })
    expect(answer.status).toBe(200)
    const nobody = await problem(send('DELETE', '/api/users', { as: ADMIN, headers }))
    expect(nobody).toMatchObject({ status: 400, errorDetails: expect.stringContaining('empty') })
  })

  it('a flag created again continues the version of the deleted one', async () => {
    await putFlag('delete.again')
    await patch('delete.again', { rollout: 50 })
    await remove('delete.again')
    const again = await put('delete.again', { rollout: 50 })
    expect(again.status).toBe(201)
    expect(await json(again)).toMatchObject({ flag: { version: 3 } })
    await remove('delete.again')
    expect((await putFlag('delete.again')).flag.version).toBe(4)
  })
})

it.each(['GET', 'PATCH', 'DELETE'])(
  '%s /api/flags/{key}: a missing flag answers 404 and is not created',
  async (method) => {
    const before = await recorded()
    const body = method === 'PATCH' ? { rollout: 1 } : undefined
    expect(await problem(send(method, '/api/flags/not.there', { as: ADMIN, body }))).toMatchObject({
      status: 404,
      errorCode: 'FLAG_NOT_FOUND',
    })
    expect(await recorded()).toEqual(before)
  },
)
