import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Flag } from '../../schema/flag.ts'
import {
  ADMIN,
  readAudit,
  json,
  problem,
  putFlag,
  recorded,
  seedKeys,
  send,
  sendWith,
} from '../support/api.ts'
import { lyingD1 } from '../support/faults.ts'

beforeAll(seedKeys)

const edit = (method: string, key: string, headers: Record<string, string>, body?: object) =>
  send(method, `/api/flags/${key}`, { as: ADMIN, headers, body })

const bodyFor: Record<string, object | undefined> = {
  PUT: { rollout: 12 },
  PATCH: { rollout: 12 },
  DELETE: undefined,
}
const methods = Object.keys(bodyFor)

describe('Flags: If-Match', () => {
  it.each(methods)('a %s with the current version succeeds', async (method) => {
    const key = `match.right-${method.toLowerCase()}`
    await putFlag(key)
    const answer = await edit(method, key, { 'If-Match': '"1"' }, bodyFor[method])
    expect(answer.status).toBe(200)
  })

  it('the ETag of an answer is accepted unchanged', async () => {
    const first = await edit('PUT', 'match.chain', {}, { rollout: 1 })
    const etag = first.headers.get('ETag') ?? ''
    const second = await edit('PATCH', 'match.chain', { 'If-Match': etag }, { rollout: 2 })
    expect([second.status, second.headers.get('ETag')]).toEqual([200, '"2"'])
  })

  it.each(methods)(
    'a %s with an older version answers 412 and names the current version',
    async (method) => {
      const key = `match.stale-${method.toLowerCase()}`
      await putFlag(key)
      const { flag } = await putFlag(key, { rollout: 3 })
      const before = await recorded()
      const refusal = await problem(edit(method, key, { 'If-Match': '"1"' }, bodyFor[method]))
      expect(refusal).toMatchObject({
        status: 412,
        errorCode: 'VERSION_MISMATCH',
        errorDetails: expect.stringContaining('version 2'),
      })
      expect(await json(send('GET', `/api/flags/${key}`, { as: ADMIN }))).toEqual(flag)
      expect(await recorded()).toEqual(before)
    },
  )

  it.each(methods)('a %s of a missing flag answers 412', async (method) => {
    const key = `match.absent-${method.toLowerCase()}`
    expect((await edit(method, key, { 'If-Match': '"1"' }, bodyFor[method])).status).toBe(412)
    expect((await send('GET', `/api/flags/${key}`, { as: ADMIN })).status).toBe(404)
  })

  it('an edit with the version of a flag that was deleted and created again answers 412', async () => {
    await putFlag('match.again')
    await edit('DELETE', 'match.again', {})
    await putFlag('match.again')
    expect((await edit('PATCH', 'match.again', { 'If-Match': '"1"' }, {})).status).toBe(412)
  })

  it.each(['1', '"one"', 'W/"1"', '"1", "2"', '"-1"', '*', '""', `"${'9'.repeat(16)}"`])(
    'a value that is no version in quotes answers 400: %s',
    async (header) => {
      await putFlag('match.malformed')
      const before = await recorded()
      const refusal = await problem(
        edit('PATCH', 'match.malformed', { 'If-Match': header }, { rollout: 9 }),
      )
      expect(refusal).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
        errorDetails: expect.stringContaining('If-Match'),
      })
      expect(await recorded()).toEqual(before)
    },
  )
})

describe('Flags: If-None-Match: *', () => {
  it('a PUT of a missing flag creates it', async () => {
    expect((await edit('PUT', 'none.new', { 'If-None-Match': '*' }, {})).status).toBe(201)
  })

  it('a PUT of an existing flag answers 412', async () => {
    const { flag } = await putFlag('none.there')
    const refusal = await problem(edit('PUT', 'none.there', { 'If-None-Match': '*' }, {}))
    expect(refusal).toMatchObject({ status: 412, errorCode: 'VERSION_MISMATCH' })
    expect(await json(send('GET', '/api/flags/none.there', { as: ADMIN }))).toEqual(flag)
  })

  it('any other value of If-None-Match answers 400', async () => {
    const refusal = await problem(edit('PUT', 'none.etag', { 'If-None-Match': '"1"' }, {}))
    expect(refusal).toMatchObject({ status: 400, errorCode: 'INVALID_REQUEST' })
  })

  it('If-None-Match together with If-Match answers 400', async () => {
    const before = await recorded()
    const both = { 'If-Match': '"1"', 'If-None-Match': '*' }
    const refusal = await problem(edit('PUT', 'none.both', both, {}))
    expect(refusal).toMatchObject({
      status: 400,
      errorCode: 'INVALID_REQUEST',
      errorDetails: expect.stringContaining('If-Match'),
    })
    expect(await recorded()).toEqual(before)
  })
})

const times = <Result>(count: number, act: (index: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)))

const countAnswers = (answers: readonly Response[], status: number) =>
  answers.filter((answer) => answer.status === status).length

describe('Flags: concurrent edits', () => {
  it('exactly one edit succeeds when all name the same version', async () => {
    await putFlag('race.locked')
    const answers = await times(12, (index) =>
      edit('PATCH', 'race.locked', { 'If-Match': '"1"' }, { description: `by ${index}` }),
    )
    expect([countAnswers(answers, 200), countAnswers(answers, 412)]).toEqual([1, 11])
    const winner = answers.findIndex(({ status }) => status === 200)
    expect(await json(send('GET', '/api/flags/race.locked', { as: ADMIN }))).toMatchObject({
      description: `by ${winner}`,
      version: 2,
    })
    expect(await readAudit('flag:race.locked')).toHaveLength(2)
  })

  it.each(methods)(
    'a %s with a version answers 412 when another edit commits first',
    async (method) => {
      const path = `/api/flags/race.overtaken-${method.toLowerCase()}`
      await send('PUT', path, { as: ADMIN, body: { rollout: 1 } })
      const { d1, control } = lyingD1(env.DB)
      control.beforeBatch = async () => {
        control.beforeBatch = undefined
        await send('PATCH', path, { as: ADMIN, body: { rollout: 2 } })
      }
      const sent = { as: ADMIN, headers: { 'If-Match': '"1"' }, body: bodyFor[method] }
      const late = sendWith({ ...env, DB: d1 }, method, path, sent)
      expect(await problem(late)).toMatchObject({ status: 412, errorCode: 'VERSION_MISMATCH' })
      expect(await json(send('GET', path, { as: ADMIN }))).toMatchObject({ rollout: 2, version: 2 })
    },
  )

  it('exactly one PUT succeeds when all may only create', async () => {
    const answers = await times(12, (index) =>
      edit('PUT', 'race.created', { 'If-None-Match': '*' }, { description: `by ${index}` }),
    )
    expect([countAnswers(answers, 201), countAnswers(answers, 412)]).toEqual([1, 11])
    expect(await readAudit('flag:race.created')).toHaveLength(1)
  })

  it('all edits are applied, one after the other, when none names a version', async () => {
    const { snapshotVersion } = await putFlag('race.open')
    const answers = await times(20, (index) =>
      edit('PATCH', 'race.open', {}, { description: `by ${index}` }),
    )
    const flags = await Promise.all(answers.map((answer) => json<{ flag: Flag }>(answer)))
    const byVersion = flags.map(({ flag }) => flag).toSorted((a, b) => a.version - b.version)
    expect(byVersion.map(({ version }) => version)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 2),
    )
    const audit = await readAudit('flag:race.open')
    expect(
      audit
        .map(({ after }) => after)
        .toReversed()
        .slice(1),
    ).toEqual(byVersion)
    expect(
      audit
        .map(({ before }) => before)
        .toReversed()
        .slice(1),
    ).toEqual(
      audit
        .map(({ after }) => after)
        .toReversed()
        .slice(0, -1),
    )
    expect((await recorded())?.snapshotVersion).toBe(snapshotVersion + 20)
  })

  it('an edit of one member keeps concurrent edits of other members', async () => {
    await putFlag('race.members', { description: null })
    const changes = [{ description: 'mine' }, { rollout: 33 }, { killSwitch: true }]
    await Promise.all(changes.map((change) => edit('PATCH', 'race.members', {}, change)))
    expect(await json(send('GET', '/api/flags/race.members', { as: ADMIN }))).toMatchObject({
      description: 'mine',
      rollout: 33,
      killSwitch: true,
      version: 4,
    })
  })
})
