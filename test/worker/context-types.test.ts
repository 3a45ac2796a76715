import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, problem, putFlag, seedKeys, send, SERVER } from '../support/api.ts'
import { accepted, HALVES, runExperiment } from '../support/experiments.ts'

/* A context comes from programs in all languages. An attribute of another type must not fail the other flags. */

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('for.42', { rollout: 0, rules: { allowList: ['42'] } })
  await putFlag('for.mumbai', { rules: { cities: ['Mumbai'] } })
  await runExperiment('types', { variants: HALVES })
})

const routes = [
  ['/v1/flags/evaluate', SERVER],
  ['/v1/flags/evaluate', CLIENT],
  ['/v1/bundle', CLIENT],
  ['/ofrep/v1/evaluate/flags', CLIENT],
  ['/ofrep/v1/evaluate/flags/on', CLIENT],
  ['/v1/experiments/types/variant', CLIENT],
  ['/v1/experiments/types/assign', CLIENT],
  ['/api/explain', ADMIN],
] as const

const post = (path: string, as: string, context: unknown) =>
  send('POST', path, { as, body: { context } })

describe.each(routes)('POST %s', (path, as) => {
  it.each([
    { targetingKey: 'u-5', userId: 5 },
    { userId: 'u-5', role: ['a'] },
    { userId: 'u-5', city: { name: 'x' } },
    { userId: 'u-5', category: 7, categories: { music: true } },
    { userId: 'u-5', categories: ['music', 7] },
    { userId: 'u-5', targetingKey: true },
  ])('answers as without the attribute of another type: %j', async (context) => {
    const answer = await post(path, as, context)
    expect(answer.status).toBe(200)
    const { isNew: _, ...body } = await json(answer)
    const { isNew: __, ...plain } = await json(post(path, as, { userId: 'u-5' }))
    expect(body).toEqual(plain)
  })

  it('takes a number as user id for its text', async () => {
    const { isNew: _, ...body } = await json(post(path, as, { userId: 42 }))
    const { isNew: __, ...plain } = await json(post(path, as, { userId: '42' }))
    expect(body).toEqual(plain)
  })

  it.each([null, 'u-5', 7, ['u-5']])('refuses a context that is %j', async (context) => {
    expect(await problem(post(path, as, context))).toMatchObject({
      status: 400,
      errorCode: 'INVALID_CONTEXT',
    })
  })

  it.each(['targetingKey', 'userId', 'role', 'city', 'category', 'categories'])(
    'names %s when it refuses it as too long',
    async (name) => {
      const refusal = await problem(post(path, as, { [name]: 'x'.repeat(257) }))
      expect(refusal).toMatchObject({
        status: 400,
        errorCode: 'INVALID_CONTEXT',
        errorDetails: `context.${name}: send at most 256 characters`,
      })
    },
  )
})

it('POST /v1/flags/evaluate: a number as user id is on the lists of its text', async () => {
  const { flags } = await json(post('/v1/flags/evaluate', CLIENT, { userId: 42, city: 'Mumbai' }))
  expect(flags).toEqual({ on: true, 'for.42': true, 'for.mumbai': true })
})

it('Batches: a number as user id is the user of its text', async () => {
  const item = { type: 'booking.confirmed', userId: 42 }
  const body = { events: [{ id: 'number', ...item }] }
  expect(await json(send('POST', '/v1/events', { as: CLIENT, body }))).toEqual(accepted(1))
  const again = { events: [{ id: 'number', ...item, userId: '42' }] }
  expect(await json(send('POST', '/v1/events', { as: CLIENT, body: again }))).toEqual({
    ...accepted(0),
    duplicates: 1,
  })
})
