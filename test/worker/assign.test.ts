import { beforeAll, expect, it } from 'vitest'
import { CLIENT, json, seedKeys, send } from '../support/api.ts'
import { act, drain, rows, runExperiment } from '../support/experiments.ts'

beforeAll(seedKeys)

const assign = (key: string, userId: string, query = '') =>
  json<{ variant: string | null; isNew: boolean; sticky?: false }>(
    send('POST', `/v1/experiments/${key}/assign${query}`, {
      as: CLIENT,
      body: { context: { userId } },
    }),
  )

const variant = (key: string, userId: string, query = '') =>
  json(
    send('POST', `/v1/experiments/${key}/variant${query}`, {
      as: CLIENT,
      body: { context: { userId } },
    }),
  )

it('assigns a user once, and logs the first exposure', async () => {
  const version = await runExperiment('once')
  const first = await assign('once', 'u-1', `?minVersion=${version}`)
  expect(first).toMatchObject({ isNew: true })
  expect(await assign('once', 'u-1')).toEqual({ variant: first.variant, isNew: false })
  await drain('u-1')
  expect(
    await rows(
      "SELECT variant, exposures, converted FROM experiment_assignment WHERE experiment_key = 'once'",
    ),
  ).toEqual([{ variant: first.variant, exposures: 1, converted: 0 }])
  expect(await rows("SELECT * FROM experiment_rollup WHERE experiment_key = 'once'")).toMatchObject(
    [
      {
        variant: first.variant,
        assignments: 1,
        exposures: 1,
        exposed_users: 1,
        conversions: 0,
        clicks: 0,
      },
    ],
  )
})

it('getVariant tells what assign would, and records nothing', async () => {
  const version = await runExperiment('peek')
  const peeked = await variant('peek', 'u-2', `?minVersion=${version}`)
  expect(await assign('peek', 'u-2')).toEqual({ ...peeked, isNew: true })
})

it('assigns nobody while it is paused, and everybody keeps the variant after', async () => {
  const launched = await runExperiment('paused')
  const { variant: before } = await assign('paused', 'u-3', `?minVersion=${launched}`)
  const paused = await act('paused', 'pause')
  expect(await assign('paused', 'u-3', `?minVersion=${paused}`)).toEqual({
    variant: null,
    isNew: false,
  })
  const relaunched = await act('paused', 'launch')
  expect(await assign('paused', 'u-3', `?minVersion=${relaunched}`)).toEqual({
    variant: before,
    isNew: false,
  })
})
