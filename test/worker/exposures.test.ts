import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { seedKeys } from '../support/api.ts'
import {
  accepted,
  act,
  assign,
  drain,
  expose,
  exposuresTo,
  getVariant,
  isolate,
  pass,
  countPending,
  reweight,
  rows,
  runExperiment,
  stopClock,
  track,
  weighted,
} from '../support/experiments.ts'
import { EXPOSURES } from '../support/participant-tables.ts'

/** The snapshot version in which `other` and `seen` run. Nearly every user gets A. */
const made = { version: 0 }
beforeAll(async () => {
  await seedKeys()
  await runExperiment('other', { variants: weighted(10_000, 1) })
  made.version = await runExperiment('seen', { variants: weighted(10_000, 1) })
})
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const exposure = exposuresTo('seen')

describe('Exposure ids', () => {
  it('do not clash with event ids', async () => {
    expect(await track([{ id: '1', type: 'event.viewed', userId: 'mixed-1' }])).toEqual(accepted(1))
    expect(await expose([exposure('mixed-1', '1')])).toEqual(accepted(1))
    await drain('mixed-1')
    expect(await rows("SELECT id FROM experiment_exposure WHERE user_id = 'mixed-1'")).toEqual([
      { id: '1' },
    ])
  })

  it('count once per experiment when two experiments share one id', async () => {
    const views = [
      exposure('mixed-2', 'view-1'),
      exposure('mixed-2', 'view-1', { experimentKey: 'other' }),
    ]
    expect(await expose(views)).toEqual(accepted(2))
    expect(await expose(views)).toEqual({ ...accepted(0), duplicates: 2 })
    await drain('mixed-2')
    expect(
      await rows(
        "SELECT experiment_key AS key FROM experiment_exposure WHERE user_id = 'mixed-2' ORDER BY 1",
      ),
    ).toEqual([{ key: 'other' }, { key: 'seen' }])
  })

  it('never replace the first exposure of an assignment', async () => {
    await track([{ id: 'first:seen', type: 'event.viewed', userId: 'mixed-3' }])
    await expose([exposure('mixed-3', 'first:seen', { experimentKey: 'other' })])
    expect(await assign('seen', 'mixed-3')).toEqual({ variant: 'A', isNew: true })
    await drain('mixed-3')
    expect(
      await rows(
        `SELECT ${EXPOSURES} FROM experiment_assignment WHERE user_id = 'mixed-3' AND experiment_key = 'seen'`,
      ),
    ).toEqual([{ exposures: 1 }])
  })
})

describe('An exposure', () => {
  it('assigns the bucket to a user without an assignment', async () => {
    expect(await expose([exposure('new-1', '1')])).toEqual(accepted(1))
    expect(await assign('seen', 'new-1')).toEqual({ variant: 'A', isNew: false })
    await drain('new-1')
    expect(
      await rows(`SELECT variant, ${EXPOSURES} FROM experiment_assignment WHERE user_id = 'new-1'`),
    ).toEqual([{ variant: 'A', exposures: 1 }])
  })

  it('gets VARIANT_MISMATCH and assigns nothing when the user has another variant', async () => {
    const mismatch = { ...accepted(0), rejected: [{ id: '1', errorCode: 'VARIANT_MISMATCH' }] }
    expect(await expose([exposure('new-2', '1', { variant: 'B' })])).toEqual(mismatch)
    expect(await expose([exposure('new-2', '1', { variant: 'C' })])).toEqual(mismatch)
    expect(await expose([exposure('new-2', '1', { variant: '' })])).toEqual(mismatch)
    expect(await countPending('new-2')).toBe(0)
    await assign('seen', 'new-2')
    expect(await expose([exposure('new-2', '1', { variant: 'B' })])).toEqual(mismatch)
    expect(await expose([exposure('new-2', '1')])).toEqual(accepted(1))
  })

  it('gets EXPERIMENT_NOT_FOUND for an unknown experiment', async () => {
    expect(
      await expose([
        exposure('new-3', '1', { experimentKey: 'nobody-made-this' }),
        exposure('new-3', '2', { experimentKey: 'constructor' }),
        exposure('new-3', '3', { experimentKey: 'Not a key' }),
      ]),
    ).toEqual({
      ...accepted(0),
      rejected: [
        { id: '1', errorCode: 'EXPERIMENT_NOT_FOUND' },
        { id: '2', errorCode: 'EXPERIMENT_NOT_FOUND' },
        {
          id: '3',
          errorCode: 'INVALID_REQUEST',
          errorDetails: expect.stringMatching(/^experimentKey: use lower-case letters/),
        },
      ],
    })
  })

  it('counts for an assigned user and assigns no new user after the stop', async () => {
    const minVersion = await runExperiment('over', { variants: weighted(10_000, 1) })
    await assign('over', 'part-1', { minVersion })
    const ended = await act('over', 'stop')
    expect(
      await expose(
        ['part-1', 'part-2'].map((userId) => exposure(userId, userId, { experimentKey: 'over' })),
        { minVersion: ended },
      ),
    ).toEqual({
      accepted: 1,
      duplicates: 0,
      rejected: [{ id: 'part-2', errorCode: 'VARIANT_MISMATCH' }],
    })
  })

  it('counts with a new variant in an isolate that has the old weights', async () => {
    const at = isolate()
    const minVersion = await runExperiment('shifted', { variants: weighted(10_000, 1) })
    await getVariant('shifted', 'u', { at, minVersion })
    const shifted = await reweight('shifted', weighted(1, 10_000))
    const told = await getVariant('shifted', 'late-1', { at: isolate(), minVersion: shifted })
    expect(told).toEqual({ variant: 'B' })
    pass(2_000)
    const toShifted = exposuresTo('shifted')
    expect(
      await expose(
        [toShifted('late-1', '1', { variant: 'B' }), toShifted('late-1', '2', { variant: 'C' })],
        {
          at,
        },
      ),
    ).toEqual({ ...accepted(1), rejected: [{ id: '2', errorCode: 'VARIANT_MISMATCH' }] })
    expect(await assign('shifted', 'late-1', { at })).toEqual({ variant: 'B', isNew: false })
  })

  it('counts in an isolate whose snapshot does not have the launch yet', async () => {
    const at = isolate()
    await getVariant('seen', 'u', { at, minVersion: made.version })
    await runExperiment('just-now', { variants: weighted(10_000, 1) })
    pass(2_000)
    expect(await expose([exposure('early-1', '1', { experimentKey: 'just-now' })], { at })).toEqual(
      accepted(1),
    )
    await act('just-now', 'pause')
    const paused = isolate()
    await getVariant('seen', 'u', { at: paused, minVersion: await act('other', 'pause') })
    await act('just-now', 'launch')
    await act('other', 'launch')
    pass(2_000)
    expect(
      await expose([exposure('early-2', '1', { experimentKey: 'just-now' })], { at: paused }),
    ).toEqual(accepted(1))
  })
})
