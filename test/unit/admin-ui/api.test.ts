import { afterEach, describe, expect, it } from 'vitest'
import { ApiError, describeError, onUnauthorized, readAnswer } from '../../../admin-ui/api.ts'

const respond = (status: number, errorDetails?: string) =>
  Promise.resolve(Response.json({ errorDetails }, { status }))

const failWith = async (pending: Promise<Response>) => {
  const error: unknown = await readAnswer(pending).catch((failure: unknown) => failure)
  if (!(error instanceof ApiError)) throw new Error('the request did not fail')
  return { status: error.status, text: describeError(error) }
}

afterEach(() => onUnauthorized(() => false))

describe('readAnswer', () => {
  it('returns the body of a success', async () =>
    expect(await readAnswer(Promise.resolve(Response.json({ a: 1 })))).toEqual({ a: 1 }))

  it('says that the server cannot be reached when there is no response', async () =>
    expect((await failWith(Promise.reject(new TypeError('offline')))).text).toContain(
      'cannot be reached',
    ))

  it('turns the details of the server into a sentence', async () =>
    expect((await failWith(respond(400, 'the name is taken'))).text).toBe('The name is taken.'))

  it('leaves a key at the beginning of the details as it is', async () =>
    expect((await failWith(respond(409, 'my.flag exists already'))).text).toBe(
      'my.flag exists already.',
    ))

  it('adds after a 5xx that apps keep their flags', async () => {
    expect((await failWith(respond(503, 'the database does not answer'))).text).toBe(
      'The database does not answer. Apps keep their flags.',
    )
    expect((await failWith(respond(500))).text).toBe(
      'The server answered 500. Apps keep their flags.',
    )
  })

  it('says that the session has ended on a 401 within a session', async () => {
    onUnauthorized(() => true)
    expect(await failWith(respond(401, 'sign in'))).toEqual({
      status: 401,
      text: 'Your session has ended. Sign in and try again.',
    })
  })

  it('says what the server says on a 401 without a session', async () =>
    expect((await failWith(respond(401, 'this token is not known'))).text).toBe(
      'This token is not known.',
    ))
})
