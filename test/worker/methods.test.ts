import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../worker/app.ts'
import { ADMIN, problem, recorded, seedKeys, send } from '../support/api.ts'

/* An address that is there is never denied: what takes other methods says which. */

beforeAll(seedKeys)

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const methodsByPath = Map.groupBy(
  routes.filter(({ method }) => METHODS.includes(method)),
  ({ path }) => path,
)

/** Every address that there is, its methods, and one that it does not take. */
const wrong = Array.from(methodsByPath, ([path, there]) => {
  const takes = METHODS.filter((method) => there.some((route) => route.method === method))
  return METHODS.filter((method) => !takes.includes(method)).map(
    (method) => [method, path, takes] as const,
  )
}).flat()

/** With a body, so that nothing is amiss but the method. */
const ask = (method: string, path: string, as?: string) =>
  send(method, path.replaceAll(/:\w+/g, 'a-key'), {
    as,
    ...(method !== 'GET' && { body: {} }),
  })

const allowOf = (takes: readonly string[]) => takes.join(', ').replace(/^GET/, 'GET, HEAD')

describe('A method that a path does not take', () => {
  it.each(wrong)('%s %s answers 405 with the methods of the path', async (method, path, takes) => {
    const before = await recorded()
    const { status, errorCode, errorDetails, headers } = await problem(ask(method, path, ADMIN))
    expect([status, errorCode]).toEqual([405, 'METHOD_NOT_ALLOWED'])
    expect(headers.get('Allow')).toBe(allowOf(takes))
    for (const one of takes) expect(errorDetails).toContain(one)
    expect(await recorded()).toEqual(before)
  })

  it('the answer is 405 without a body too', async () => {
    for (const method of ['PUT', 'PATCH']) {
      expect((await problem(send(method, '/health'))).status).toBe(405)
      expect((await problem(send(method, '/api/me', { as: ADMIN }))).status).toBe(405)
      expect((await problem(send(method, '/nowhere'))).status).toBe(404)
    }
  })

  it('the answer names the methods in words', async () => {
    expect(await problem(ask('GET', '/v1/flags/evaluate'))).toMatchObject({
      errorDetails: '/v1/flags/evaluate takes POST',
    })
    expect(await problem(ask('POST', '/api/flags/a', ADMIN))).toMatchObject({
      errorDetails: '/api/flags/a takes GET, PUT, PATCH or DELETE',
    })
  })

  it('the admin API answers 401 without a token', async () => {
    for (const [method, path] of wrong.filter(([, one]) => one.startsWith('/api')))
      expect((await problem(ask(method, path))).status).toBe(401)
  })

  it('HEAD of a path without GET answers 405', async () => {
    expect((await send('HEAD', '/health')).status).toBe(200)
    const answer = await send('HEAD', '/v1/flags/evaluate')
    expect([answer.status, answer.headers.get('Allow')]).toEqual([405, 'POST'])
  })

  it.each(['/v1/flags', '/v1/flags/evaluate/', '/health/', '/api/flagss'])(
    '%s answers 404 to every method',
    async (path) => {
      for (const method of ['GET', 'POST'])
        expect(await problem(ask(method, path, ADMIN))).toMatchObject({
          status: 404,
          errorCode: 'NOT_FOUND',
        })
    },
  )
})
