import { beforeAll, expect, it } from 'vitest'
import type { AuditEntry } from '../../schema/audit.ts'
import { ADMIN, EDITOR, json, seedKeys, send, VIEWER } from '../support/api.ts'

beforeAll(seedKeys)

const put = (key: string, body: object) => send('PUT', `/api/flags/${key}`, { as: ADMIN, body })

const readFlag = (key: string) => json(send('GET', `/api/flags/${key}`, { as: ADMIN }))

const lastChange = async (key: string) => {
  const { items } = await json<{ items: AuditEntry[] }>(
    send('GET', `/api/audit?target=flag:${key}&limit=1`, { as: ADMIN }),
  )
  const [entry] = items
  if (!entry) throw new Error(`nothing was ever done to ${key}`)
  return entry
}

const revert = (id: number | string, body: object = {}, as = ADMIN) =>
  send('POST', `/api/audit/${id}/revert`, { as, body })

it('Revert: an edit of a flag restores the state before it, with its own audit row', async () => {
  await put('revert.a', { rollout: 10, description: 'first' })
  await put('revert.a', { rollout: 90 })
  const { id } = await lastChange('revert.a')
  const answer = await revert(id, { comment: 'too many errors' }, EDITOR)
  expect(await json(answer)).toMatchObject({
    flag: { rollout: 10, description: 'first', version: 3 },
    published: true,
  })
  expect(await lastChange('revert.a')).toMatchObject({
    actor: 'local editor',
    action: 'flag.update',
    comment: `Reverts #${id}: too many errors`,
  })
})

it('Revert: a newer edit of a flag is overwritten only with force', async () => {
  await put('revert.newer', { rollout: 10 })
  await put('revert.newer', { rollout: 20 })
  const { id } = await lastChange('revert.newer')
  await put('revert.newer', { rollout: 30 })
  const refused = await revert(id)
  expect(refused.status).toBe(409)
  expect(await json(refused)).toMatchObject({ errorCode: 'CONFLICT' })
  expect(await readFlag('revert.newer')).toMatchObject({ rollout: 30, version: 3 })
  expect((await revert(id, { force: true })).status).toBe(200)
  expect(await readFlag('revert.newer')).toMatchObject({ rollout: 10, version: 4 })
})

it('Revert: a deletion restores the flag; a creation deletes it, for an admin only', async () => {
  await put('revert.gone', { rollout: 44 })
  const created = await lastChange('revert.gone')
  await send('DELETE', '/api/flags/revert.gone', { as: ADMIN, body: {} })
  const deleted = await lastChange('revert.gone')
  expect(await json(revert(deleted.id))).toMatchObject({ flag: { rollout: 44, version: 2 } })
  expect((await revert(created.id)).status).toBe(409)
  expect((await revert(created.id, { force: true }, EDITOR)).status).toBe(403)
  expect((await revert(created.id, { force: true })).status).toBe(200)
  expect((await send('GET', '/api/flags/revert.gone', { as: ADMIN })).status).toBe(404)
  expect((await revert(created.id, { force: true })).status).toBe(409)
})

it('Revert: an entry that cannot be reverted answers with the reason', async () => {
  const { items } = await json<{ items: AuditEntry[] }>(send('GET', '/api/audit', { as: ADMIN }))
  const key = items.find(({ action }) => action === 'key.create')
  expect((await revert(key?.id ?? 0)).status).toBe(409)
  expect((await revert(999_999)).status).toBe(404)
  expect((await revert('first')).status).toBe(400)
  expect((await revert(1, { forced: true })).status).toBe(400)
  expect((await revert(1, {}, VIEWER)).status).toBe(403)
})
