import { beforeAll, expect, it } from 'vitest'
import type { AuditEntry } from '../../schema/audit.ts'
import { ADMIN, EDITOR, json, problem, seedKeys, send } from '../support/api.ts'
import { act, assign, drain, draft, HALVES, patch, rows, weighted } from '../support/experiments.ts'

beforeAll(seedKeys)

const path = (key: string) => `/api/experiments/${key}`
const read = (key: string) => json(send('GET', path(key), { as: ADMIN }))
const remove = (key: string) => send('DELETE', path(key), { as: ADMIN, body: {} })

const lastChange = async (key: string) => {
  const { items } = await json<{ items: AuditEntry[] }>(
    send('GET', `/api/audit?target=experiment:${key}&limit=1`, { as: ADMIN }),
  )
  const [entry] = items
  if (!entry) throw new Error(`nothing was ever done to ${key}`)
  return entry
}

const revert = (id: number, body: object = {}, as = ADMIN) =>
  send('POST', `/api/audit/${id}/revert`, { as, body })

it('Revert: the creation of a draft deletes it, for an admin only', async () => {
  await draft('undo-creation')
  const { id } = await lastChange('undo-creation')
  expect((await revert(id, {}, EDITOR)).status).toBe(403)
  expect(await json(revert(id))).toMatchObject({ experiment: null, published: true })
  expect((await send('GET', path('undo-creation'), { as: ADMIN })).status).toBe(404)
  expect(await lastChange('undo-creation')).toMatchObject({
    action: 'experiment.delete',
    comment: `Reverts #${id}`,
  })
  expect(await problem(revert(id, { force: true }))).toMatchObject({
    status: 409,
    errorDetails: 'the experiment is gone already',
  })
})

it('Revert: the deletion of a draft creates it again with a new version', async () => {
  const plan = { baselineRate: 0.1, minimumDetectableEffect: 0.2, power: 0.9, alpha: 0.01 }
  await draft('undo-deletion', { variants: weighted(1, 3), stopAt: '2040-01-01T00:00:00Z', plan })
  await remove('undo-deletion')
  const { id } = await lastChange('undo-deletion')
  expect(await json(revert(id, { comment: 'by mistake' }, EDITOR))).toMatchObject({
    experiment: {
      status: 'DRAFT',
      variants: weighted(1, 3),
      stopAt: '2040-01-01T00:00:00.000Z',
      plan,
      version: 2,
    },
  })
  expect(await lastChange('undo-deletion')).toMatchObject({
    action: 'experiment.create',
    actor: 'local editor',
    comment: `Reverts #${id}: by mistake`,
  })
})

it('Revert: a deletion is refused when a flag has taken the key', async () => {
  await draft('undo-taken')
  await remove('undo-taken')
  const { id } = await lastChange('undo-taken')
  await send('PUT', '/api/flags/undo-taken', { as: ADMIN, body: {} })
  for (const force of [false, true])
    expect(await problem(revert(id, { force }))).toMatchObject({
      status: 409,
      errorDetails: 'a flag or an experiment has this key by now',
    })
})

it('Revert: an edit of a draft restores the settings before it', async () => {
  await draft('undo-edit')
  await patch('undo-edit', { description: 'bold', variants: weighted(10, 90) })
  const { id } = await lastChange('undo-edit')
  expect(await json(revert(id, {}, EDITOR))).toMatchObject({
    experiment: { description: null, variants: HALVES, version: 3, reweightedAt: null },
  })
})

it('Revert: a newer edit of an experiment is overwritten only with force', async () => {
  await draft('undo-newer')
  await patch('undo-newer', { description: 'second' })
  const { id } = await lastChange('undo-newer')
  await patch('undo-newer', { description: 'third' })
  expect(await problem(revert(id))).toMatchObject({
    status: 409,
    errorDetails: `the experiment was changed again after #${id}`,
    issues: [{ path: 'force' }],
  })
  expect(await read('undo-newer')).toMatchObject({ description: 'third', version: 3 })
  expect((await revert(id, { force: true })).status).toBe(200)
  expect(await read('undo-newer')).toMatchObject({ description: null, version: 4 })
})

it('Revert: an edit of a deleted or recreated experiment needs force', async () => {
  await draft('undo-gone')
  await patch('undo-gone', { description: 'second' })
  const { id } = await lastChange('undo-gone')
  await remove('undo-gone')
  const deleted = await lastChange('undo-gone')
  expect(await problem(revert(id))).toMatchObject({ status: 409, issues: [{ path: 'force' }] })
  await draft('undo-gone', { variants: weighted(1, 2) })
  expect(await problem(revert(deleted.id))).toMatchObject({ issues: [{ path: 'force' }] })
  expect((await revert(deleted.id, { force: true })).status).toBe(200)
  expect(await read('undo-gone')).toMatchObject({ description: 'second', variants: HALVES })
  await remove('undo-gone')
  expect(await json(revert(id, { force: true }))).toMatchObject({
    experiment: { description: null, variants: HALVES, status: 'DRAFT' },
  })
})

it('Revert: an edit of a paused experiment is a new edit, with new weights for new users', async () => {
  await draft('undo-paused')
  await act('undo-paused', 'launch')
  await act('undo-paused', 'pause')
  const { experiment } = await patch('undo-paused', { variants: weighted(10, 90) })
  const { id } = await lastChange('undo-paused')
  const { experiment: reverted } = await json<{ experiment: typeof experiment }>(revert(id))
  expect(reverted).toMatchObject({ status: 'PAUSED', variants: HALVES })
  expect(reverted.launchedAt).toBe(experiment.launchedAt)
  expect(reverted.reweightedAt).not.toBeNull()
})

it('Revert: a variant that a user has is not removed', async () => {
  await draft('undo-assigned')
  await act('undo-assigned', 'launch')
  await act('undo-assigned', 'pause')
  await patch('undo-assigned', { variants: [...weighted(1, 0), { name: 'C', weight: 10_000 }] })
  const { id } = await lastChange('undo-assigned')
  const minVersion = await act('undo-assigned', 'launch')
  expect(await assign('undo-assigned', 'u-c', { minVersion })).toMatchObject({ variant: 'C' })
  await drain('u-c')
  expect(await rows('SELECT 1 FROM experiment_rollup WHERE variant = ?', 'C')).toHaveLength(1)
  await act('undo-assigned', 'pause')
  expect(await problem(revert(id, { force: true }))).toMatchObject({
    status: 409,
    errorDetails: expect.stringContaining('users are assigned to C') as string,
  })
})

it('Revert: the life cycle refuses to delete what ran or edit what runs, even with force', async () => {
  await draft('undo-ran')
  const created = await lastChange('undo-ran')
  await patch('undo-ran', { variants: weighted(1, 3) })
  const edited = await lastChange('undo-ran')
  await act('undo-ran', 'launch')
  for (const force of [false, true]) {
    const deletion = await problem(revert(created.id, { force }))
    expect(deletion.status).toBe(409)
    expect(deletion).not.toHaveProperty('issues')
    expect(deletion.errorDetails).toContain('its results are kept')
    expect((await problem(revert(edited.id, { force }))).errorDetails).toContain('pause it first')
  }
})

it('Revert: a launch, pause or stop is refused, and the answer says what to do instead', async () => {
  await draft('undo-steps')
  for (const [step, instead] of [
    ['launch', 'pause or stop'],
    ['pause', 'launch the experiment again'],
    ['stop', 'run the experiment again'],
  ] as const) {
    await act('undo-steps', step)
    const { id } = await lastChange('undo-steps')
    const refused = await problem(revert(id, { force: true }))
    expect(refused.status).toBe(409)
    expect(refused.errorDetails).toContain(instead)
  }
})
