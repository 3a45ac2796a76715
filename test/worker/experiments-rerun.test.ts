import { beforeAll, describe, expect, it } from 'vitest'
import { RawRow } from '../../schema/raw-rows.ts'
import type { Experiment } from '../../schema/experiment.ts'
import { ADMIN, readAudit, json, problem, seedKeys, send, VIEWER } from '../support/api.ts'
import {
  act,
  assign,
  drain,
  getVariant,
  patch,
  rows,
  runExperiment,
  userWith,
} from '../support/experiments.ts'

beforeAll(seedKeys)

const read = (key: string) =>
  json<Experiment>(send('GET', `/api/experiments/${key}`, { as: VIEWER }))

describe('POST /api/experiments/{key}/launch with startOver', () => {
  it('runs a stopped experiment again, and users keep their variants in their old phase', async () => {
    const key = 'again'
    const first = await runExperiment(key)
    const early = await userWith(key, 'A', { minVersion: first })
    await assign(key, early, { minVersion: first })
    await drain(early)
    await act(key, 'stop')
    await patch(key, { decision: { outcome: 'inconclusive' }, note: 'too few users' })
    expect(await read(key)).toMatchObject({
      decision: { outcome: 'inconclusive', variant: null },
      note: 'too few users',
    })

    const minVersion = await act(key, 'launch', { startOver: true })
    const { status, phases, stoppedAt, decision, note } = await read(key)
    expect({ status, stoppedAt, decision, note }).toEqual({
      status: 'RUNNING',
      stoppedAt: null,
      decision: null,
      note: 'too few users',
    })
    expect(phases?.map(({ phase, startsOver }) => [phase, startsOver])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(await assign(key, early, { minVersion })).toMatchObject({ variant: 'A', isNew: false })
    expect(await getVariant(key, early, { minVersion })).toMatchObject({ variant: 'A' })
    const late = await userWith(key, 'B', { minVersion })
    await assign(key, late, { minVersion })
    await drain(late)
    expect(
      await rows(
        `SELECT user_id, phase FROM experiment_assignment WHERE experiment_key = ? ORDER BY phase`,
        key,
      ),
    ).toEqual([
      { user_id: early, phase: 1 },
      { user_id: late, phase: 2 },
    ])
    expect((await readAudit(`experiment:${key}`)).map(({ action }) => action)).toEqual([
      'experiment.launch',
      'experiment.update',
      'experiment.stop',
      'experiment.launch',
      'experiment.create',
    ])
    await rows(
      `UPDATE experiment_assignment SET conflict = 'B' WHERE experiment_key = ? AND user_id = ?`,
      key,
      early,
    )
    const metrics = await json(send('GET', `/api/experiments/${key}/metrics`, { as: VIEWER }))
    expect(metrics.conflicts).toBe(0)
    const download = await send('GET', `/api/experiments/${key}/rows?user=id`, { as: ADMIN })
    const downloaded = (await download.text()).trim().split('\n')
    expect(
      downloaded
        .map((line) => RawRow.parse(JSON.parse(line)))
        .toSorted((a, b) => a.phase - b.phase),
    ).toMatchObject([
      { user: early, isCounted: false },
      { user: late, isCounted: true },
    ])
  })

  it('answers 409 without startOver, and names it', async () => {
    await runExperiment('needs-word')
    await act('needs-word', 'stop')
    const refused = send('POST', '/api/experiments/needs-word/launch', { as: ADMIN, body: {} })
    expect((await problem(refused)).errorDetails).toContain('only with startOver')
  })
})

it('PATCH /api/experiments/{key}: answers 400 to a decision that ships no variant', async () => {
  await runExperiment('undecided')
  for (const decision of [{ outcome: 'ship' }, { outcome: 'keep', variant: 'B' }, { outcome: 'x' }])
    expect(
      await problem(send('PATCH', '/api/experiments/undecided', { as: ADMIN, body: { decision } })),
    ).toMatchObject({ status: 400 })
})
