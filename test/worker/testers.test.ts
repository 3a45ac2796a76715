import { beforeAll, describe, expect, it } from 'vitest'
import type { Bundle } from '../../schema/evaluation.ts'
import type { Experiment } from '../../schema/experiment.ts'
import { MAX_PEOPLE_BYTES } from '../../schema/limits.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { MAX_LEFT_OUT, MAX_TESTERS } from '../../schema/people.ts'
import { ADMIN, CLIENT, json, problem, seedKeys, send, SERVER, VIEWER } from '../support/api.ts'
import {
  accepted,
  act,
  assign,
  draft,
  drain,
  expose,
  exposuresTo,
  getVariant,
  HALVES,
  identify,
  participant,
  patch,
  reweight,
  rows,
  runExperiment,
  track,
  userWith,
  weighted,
} from '../support/experiments.ts'

beforeAll(seedKeys)

const testers = (variant: string, ...ids: string[]) => ids.map((userId) => ({ userId, variant }))
const leftOut = (...userIds: string[]) => ({ userIds })

const edit = async (key: string, body: object) => (await patch(key, body)).snapshotVersion
const read = (key: string) =>
  json<Experiment>(send('GET', `/api/experiments/${key}`, { as: ADMIN }))
const readMetrics = (key: string) =>
  json<Metrics>(send('GET', `/api/experiments/${key}/metrics`, { as: VIEWER }))
const countUsers = async (key: string) =>
  (await readMetrics(key)).variants.map(({ assignments, exposures, exposedUsers, conversions }) => [
    assignments,
    exposures,
    exposedUsers,
    conversions,
  ])

const readBundle = (userId: string, minVersion: number) =>
  json<Bundle>(
    send('POST', `/v1/bundle?minVersion=${minVersion}`, {
      as: CLIENT,
      body: { context: { userId } },
    }),
  )
const evaluateOfrep = (key: string, targetingKey: string, minVersion: number) =>
  json(
    send('POST', `/ofrep/v1/evaluate/flags/${key}?minVersion=${minVersion}`, {
      as: CLIENT,
      body: { context: { targetingKey } },
    }),
  )

/** Whether the object of a user was ever asked to store something. */
const hasRows = async (userId: string) =>
  (await participant(userId).listAnonymousObjects()).length > 0 ||
  (await participant(userId).readVariants(userId, ['t-answers'], false)).variants.size > 0

const askWhileTesting = async (minVersion: number) => [
  (await assign('t-status', 'qa-status', { minVersion })).variant,
  (await readBundle('qa-status', minVersion)).variants['t-status'],
  (await assign('t-status', 'a-user', { minVersion })).variant !== null,
]

const erase = (userId: string) =>
  json<{ stillListedIn: string[] }>(send('DELETE', `/api/users/${userId}`, { as: ADMIN, body: {} }))

const refusal = async (key: string, body: object) =>
  problem(send('PATCH', `/api/experiments/${key}`, { as: ADMIN, body }))

const many = (count: number) => Array.from({ length: count }, (_, index) => `user-${index}`)

const bring = (experiment: object) =>
  send('POST', '/api/import', {
    as: ADMIN,
    body: { format: 'indietix-flags', version: 1, flags: [], experiments: [experiment] },
  })

describe('Testers', () => {
  it('see the chosen variant in every answer, with the reason, and get no assignment', async () => {
    await runExperiment('t-answers', { variants: weighted(10_000, 1) })
    const minVersion = await edit('t-answers', { testers: testers('B', 'qa') })

    expect(await assign('t-answers', 'qa', { minVersion })).toEqual({
      variant: 'B',
      reason: 'TESTER',
      isNew: false,
    })
    expect(await getVariant('t-answers', 'qa', { minVersion })).toEqual({
      variant: 'B',
      reason: 'TESTER',
    })
    const bundle = await readBundle('qa', minVersion)
    expect(bundle.variants['t-answers']).toBe('B')
    expect(bundle.reasons).toEqual({ 't-answers': 'TESTER' })
    expect(await evaluateOfrep('t-answers', 'qa', minVersion)).toEqual({
      key: 't-answers',
      value: 'B',
      reason: 'TARGETING_MATCH',
      variant: 'B',
      metadata: { leftOut: 'TESTER' },
    })
    expect(await hasRows('qa')).toBe(false)
    expect(await assign('t-answers', 'a-user', { minVersion })).toEqual({
      variant: 'A',
      isNew: true,
    })
    expect(await readBundle('a-user', minVersion)).not.toHaveProperty('reasons')
  })

  it('see the variant before the launch and in a pause, and no longer after the stop', async () => {
    await draft('t-status')
    const drafted = await edit('t-status', { testers: testers('B', 'qa-status') })
    expect(await askWhileTesting(drafted)).toEqual(['B', 'B', false])
    expect(await askWhileTesting(await act('t-status', 'launch'))).toEqual(['B', 'B', true])
    expect(await askWhileTesting(await act('t-status', 'pause'))).toEqual(['B', 'B', false])
    expect(await askWhileTesting(await act('t-status', 'stop'))).toEqual([null, undefined, false])
  })

  it('stay out of the results: their exposures are uncounted, their events count elsewhere', async () => {
    await runExperiment('t-one', { variants: weighted(10_000, 1) })
    const other = await runExperiment('t-other', { variants: weighted(10_000, 1) })
    const minVersion = Math.max(other, await edit('t-one', { testers: testers('A', 'qa-rows') }))
    expect(await expose([exposuresTo('t-one')('qa-rows', '1')], { minVersion })).toEqual({
      accepted: 1,
      duplicates: 0,
      uncounted: { TESTER: 1 },
      rejected: [],
    })
    expect(await expose([exposuresTo('t-other')('qa-rows', '1')])).toEqual(accepted(1))
    await track([{ id: '1', type: 'booking.confirmed', userId: 'qa-rows' }])
    await drain('qa-rows')
    expect(await countUsers('t-one')).toEqual([
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ])
    expect(await countUsers('t-other')).toEqual([
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ])
  })

  it('leave the results with all their counts when they were assigned before', async () => {
    await runExperiment('t-later', { variants: weighted(10_000, 1) })
    for (const userId of ['later-1', 'later-2']) {
      await assign('t-later', userId)
      await drain(userId)
      await track([{ id: '1', type: 'booking.confirmed', userId }])
      await drain(userId)
    }
    expect((await countUsers('t-later'))[0]).toEqual([2, 2, 2, 2])
    const before = await read('t-later')

    const minVersion = await edit('t-later', { testers: testers('B', 'later-1') })
    expect((await countUsers('t-later'))[0]).toEqual([1, 1, 1, 1])
    const metrics = await readMetrics('t-later')
    expect(metrics.leftOut).toEqual({ testers: 1, list: 0, counted: 1 })
    expect(JSON.stringify(metrics.words.notes)).toContain('they are or were testers')
    expect((await assign('t-later', 'later-1', { minVersion })).variant).toBe('B')
    const after = await read('t-later')
    expect(after.phases).toEqual(before.phases)
    expect(after.status).toBe('RUNNING')
  })

  it('stay out of the results after the end of the test, with the variant of everyone', async () => {
    await runExperiment('t-former', { variants: weighted(10_000, 1) })
    await edit('t-former', { testers: testers('B', 'former') })
    const minVersion = await edit('t-former', { testers: [] })
    expect(await assign('t-former', 'former', { minVersion })).toEqual({
      variant: 'A',
      isNew: true,
    })
    await drain('former')
    expect((await countUsers('t-former'))[0]).toEqual([0, 0, 0, 0])
    expect((await readMetrics('t-former')).leftOut).toEqual({ testers: 1, list: 0, counted: 0 })
    expect(await read('t-former')).not.toHaveProperty('testers')
  })

  it('see the chosen variant also after a change of weights, without their object', async () => {
    await runExperiment('t-weights', { variants: weighted(10_000, 1) })
    await edit('t-weights', { testers: testers('B', 'qa-weights') })
    const minVersion = await reweight('t-weights', weighted(50, 50))
    expect(await getVariant('t-weights', 'qa-weights', { minVersion })).toEqual({
      variant: 'B',
      reason: 'TESTER',
    })
  })

  it('appear in the snapshot for servers', async () => {
    await runExperiment('t-server')
    const minVersion = await edit('t-server', {
      testers: testers('B', 'qa-server'),
      leftOut: leftOut('out-server'),
    })
    const { experiments } = await json<{ experiments: { key: string }[] }>(
      send('GET', `/v1/snapshot?minVersion=${minVersion}`, { as: SERVER }),
    )
    expect(experiments.find(({ key }) => key === 't-server')).toMatchObject({
      testers: [['qa-server', 'B']],
      leftOut: ['out-server'],
    })
  })
})

describe('Users who are left out', () => {
  it('get no variant, with the reason, and OFREP answers the value of the control', async () => {
    await runExperiment('l-answers')
    const userId = await userWith('l-answers', 'B')
    const minVersion = await edit('l-answers', { leftOut: leftOut(userId) })
    expect(await assign('l-answers', userId, { minVersion })).toEqual({
      variant: null,
      reason: 'LEFT_OUT',
      isNew: false,
    })
    expect(await getVariant('l-answers', userId, { minVersion })).toEqual({
      variant: null,
      reason: 'LEFT_OUT',
    })
    const bundle = await readBundle(userId, minVersion)
    expect(bundle.variants).not.toHaveProperty('l-answers')
    expect(bundle.reasons).toMatchObject({ 'l-answers': 'LEFT_OUT' })
    expect(await evaluateOfrep('l-answers', userId, minVersion)).toEqual({
      key: 'l-answers',
      value: 'A',
      reason: 'DEFAULT',
      metadata: { leftOut: 'LEFT_OUT' },
    })
    expect(
      await expose([exposuresTo('l-answers')(userId, '1', { variant: 'B' })], { minVersion }),
    ).toMatchObject({ accepted: 1, uncounted: { LEFT_OUT: 1 }, rejected: [] })
  })

  it('leave the results, and come back with all their counts when the list no longer has them', async () => {
    await runExperiment('l-back', { variants: weighted(10_000, 1) })
    await assign('l-back', 'back-1')
    await assign('l-back', 'back-2')
    await drain('back-1')
    await drain('back-2')
    await edit('l-back', { leftOut: leftOut('back-1', 'never-came') })
    expect((await countUsers('l-back'))[0]).toEqual([1, 1, 1, 0])
    expect((await readMetrics('l-back')).leftOut).toEqual({ testers: 0, list: 1, counted: 1 })

    await track([{ id: '1', type: 'booking.confirmed', userId: 'back-1' }])
    await drain('back-1')
    const minVersion = await edit('l-back', { leftOut: leftOut() })
    expect((await countUsers('l-back'))[0]).toEqual([2, 2, 2, 1])
    expect(await readMetrics('l-back')).not.toHaveProperty('leftOut')
    expect(await assign('l-back', 'back-1', { minVersion })).toEqual({
      variant: 'A',
      isNew: false,
    })
  })

  it('stay out when rows of an older snapshot arrive after the edit', async () => {
    await runExperiment('l-late', { variants: weighted(10_000, 1) })
    await assign('l-late', 'late-1')
    await edit('l-late', { leftOut: leftOut('late-1') })
    await drain('late-1')
    expect((await countUsers('l-late'))[0]).toEqual([0, 0, 0, 0])
  })

  it('stay out as the person who they are after a sign-in', async () => {
    await runExperiment('l-merge', { variants: weighted(10_000, 1) })
    await assign('l-merge', 'a-device')
    await drain('a-device')
    await edit('l-merge', { leftOut: leftOut('a-device') })
    await identify('a-device', 'a-person')
    await drain('a-device')
    await drain('a-person')
    expect((await countUsers('l-merge'))[0]).toEqual([0, 0, 0, 0])
    await edit('l-merge', { leftOut: leftOut() })
    expect((await countUsers('l-merge'))[0]).toEqual([0, 0, 0, 0])
    expect((await readMetrics('l-merge')).leftOut).toEqual({ testers: 0, list: 1, counted: 1 })
  })

  it('stay in the list after their removal, whose answer names the experiment', async () => {
    await runExperiment('l-erased', { variants: weighted(10_000, 1) })
    await assign('l-erased', 'erased-1')
    await drain('erased-1')
    await edit('l-erased', { leftOut: leftOut('erased-1'), testers: testers('A', 'erased-2') })
    expect((await erase('erased-1')).stillListedIn).toEqual(['l-erased'])
    expect((await erase('erased-2')).stillListedIn).toEqual(['l-erased'])
    expect(
      await rows('SELECT user_id FROM experiment_exclusion WHERE experiment_key = ?', 'l-erased'),
    ).toHaveLength(2)
    await edit('l-erased', { leftOut: leftOut(), testers: [] })
    await erase('erased-2')
    const [entry] = await rows<{ after: string }>(
      `SELECT after FROM admin_action WHERE action = 'user.delete' ORDER BY id DESC`,
    )
    expect(JSON.parse(entry?.after ?? '')).toMatchObject({ assignments: 0, exclusions: 1 })
    expect(
      await rows('SELECT user_id FROM experiment_exclusion WHERE experiment_key = ?', 'l-erased'),
    ).toEqual([])
    expect((await countUsers('l-erased'))[0]).toEqual([0, 0, 0, 0])
  })
})

describe('Edits of testers and of the list', () => {
  it('fail for a variant that does not exist, and for a user in both', async () => {
    await runExperiment('e-wrong')
    expect(await refusal('e-wrong', { testers: testers('C', 'qa') })).toMatchObject({
      errorCode: 'CONFLICT',
      errorDetails:
        'testers.0.variant: a tester has the variant C, which the experiment does not have',
    })
    expect(
      (await refusal('e-wrong', { testers: testers('A', 'qa'), leftOut: leftOut('qa') }))
        .errorDetails,
    ).toBe('testers.0.userId: this tester is also left out: keep one of the two')
    const created = await problem(
      send('POST', '/api/experiments', {
        as: ADMIN,
        body: { key: 'e-created', variants: HALVES, testers: testers('C', 'qa') },
      }),
    )
    expect(created.issues?.[0]?.path).toBe('testers.0.variant')
  })

  it('keep the variant of a tester from being removed', async () => {
    await draft('e-removed', { variants: [...HALVES, { name: 'C', weight: 1 }] })
    await edit('e-removed', { testers: testers('C', 'qa') })
    expect((await refusal('e-removed', { variants: HALVES })).errorDetails).toContain('variant C')
    await edit('e-removed', { variants: HALVES, testers: [] })
  })

  it('fail after the stop, over the number of users, and twice for one user', async () => {
    await runExperiment('e-limits')
    for (const body of [
      { testers: testers('A', ...many(MAX_TESTERS + 1)) },
      { leftOut: leftOut(...many(MAX_LEFT_OUT + 1)) },
      { testers: testers('A', 'qa', 'qa') },
      { leftOut: leftOut('out', 'out') },
      { leftOut: leftOut(' ') },
    ])
      expect((await refusal('e-limits', body)).errorCode).toBe('INVALID_REQUEST')
    await edit('e-limits', { leftOut: leftOut(...many(MAX_LEFT_OUT)) })
    await edit('e-limits', {
      testers: testers('A', ...many(MAX_LEFT_OUT + MAX_TESTERS).slice(-100)),
    })
    await act('e-limits', 'stop')
    expect((await refusal('e-limits', { testers: [] })).errorDetails).toContain('STOPPED')
  })

  it('fail when the lists of all experiments together take too much of the snapshot', async () => {
    const long = (key: string) =>
      leftOut(...Array.from({ length: 250 }, (_, index) => `${key}-${index}-${'x'.repeat(200)}`))
    const needed = Math.ceil(MAX_PEOPLE_BYTES / JSON.stringify(long('e-bytes-0')).length)
    for (let index = 0; index < needed; index++) await draft(`e-bytes-${index}`)
    for (let index = 0; index < needed - 1; index++)
      await edit(`e-bytes-${index}`, { leftOut: long(`e-bytes-${index}`) })
    const last = `e-bytes-${needed - 1}`
    expect((await refusal(last, { leftOut: long(last) })).errorDetails).toContain('1 MB')
    await edit('e-bytes-0', { leftOut: leftOut() })
    await edit(last, { leftOut: long(last) })

    // The lists of an experiment that stopped long ago do not count, until it runs again.
    await act(last, 'launch')
    await act(last, 'stop')
    await rows(`UPDATE experiment SET stop_at = 1 WHERE key = ?`, last)
    await edit('e-bytes-0', { leftOut: long('e-bytes-0') })
    const again = { as: ADMIN, body: { startOver: true } }
    const rerun = await problem(send('POST', `/api/experiments/${last}/launch`, again))
    expect(rerun.errorDetails).toContain('1 MB')
    for (let index = 0; index < needed - 1; index++)
      await edit(`e-bytes-${index}`, { leftOut: leftOut() })
  })

  it('can be reverted like any other edit', async () => {
    await runExperiment('e-revert')
    await edit('e-revert', { testers: testers('B', 'qa') })
    const { items } = await json<{ items: { id: number }[] }>(
      send('GET', '/api/audit?target=experiment:e-revert&limit=1', { as: ADMIN }),
    )
    const reverted = await send('POST', `/api/audit/${items[0]?.id}/revert`, {
      as: ADMIN,
      body: {},
    })
    expect(reverted.status).toBe(200)
    expect(await read('e-revert')).not.toHaveProperty('testers')
  })

  it('go with an export, and an import without them keeps them', async () => {
    await draft('e-moved')
    await edit('e-moved', { testers: testers('B', 'qa'), leftOut: leftOut('out') })
    const document = await json<{ experiments: { key: string }[] }>(
      send('GET', '/api/export', { as: ADMIN }),
    )
    const own = document.experiments.find(({ key }) => key === 'e-moved')
    expect(own).toMatchObject({ testers: testers('B', 'qa'), leftOut: leftOut('out') })
    await bring({ key: 'e-moved', description: 'New.', variants: HALVES })
    expect(await read('e-moved')).toMatchObject({
      description: 'New.',
      testers: testers('B', 'qa'),
    })
    await bring({ ...own, key: 'e-copy' })
    expect(await read('e-copy')).toMatchObject({ leftOut: leftOut('out') })
    expect(
      await rows('SELECT user_id FROM experiment_exclusion WHERE experiment_key = ?', 'e-copy'),
    ).toHaveLength(2)
  })

  it('leave nothing behind when the draft is deleted', async () => {
    await draft('e-deleted')
    await edit('e-deleted', { testers: testers('B', 'qa') })
    await send('DELETE', '/api/experiments/e-deleted', { as: ADMIN, body: {} })
    expect(
      await rows('SELECT user_id FROM experiment_exclusion WHERE experiment_key = ?', 'e-deleted'),
    ).toEqual([])
  })
})
