import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, CLIENT, json, problem, putFlag, seedKeys, send } from '../support/api.ts'

/*
 * OFREP 0.3.0, POST /ofrep/v1/evaluate/flags/{key}, as it goes over the wire.
 * https://github.com/open-feature/protocol/blob/main/service/openapi.yaml
 */

const made = { version: 0 }

beforeAll(async () => {
  await seedKeys()
  await putFlag('on')
  await putFlag('nobody', { rollout: 0 })
  await putFlag('disabled', { enabled: false, rules: { allowList: ['u-1'] } })
  await putFlag('half', { rollout: 50 })
  await putFlag('guests', {
    rules: { roles: ['GUEST'], allowList: ['u-allowed'], denyList: ['u-denied'] },
  })
  made.version = (await putFlag('last')).snapshotVersion
})

const evaluate = (key: string, context: object, query = '') =>
  send('POST', `/ofrep/v1/evaluate/flags/${key}?flagConfigEtag=${made.version}${query}`, {
    as: CLIENT,
    body: { context },
  })

describe('OFREP single evaluation', () => {
  const cases: [string, string, object, boolean, string][] = [
    ['on for everyone', 'on', {}, true, 'STATIC'],
    ['rollout 0', 'nobody', {}, false, 'STATIC'],
    ['disabled', 'disabled', { targetingKey: 'u-1' }, false, 'DISABLED'],
    ['split, below', 'half', { targetingKey: 'u-1' }, true, 'SPLIT'],
    ['split, above', 'half', { targetingKey: 'u-0' }, false, 'SPLIT'],
    ['allowed', 'guests', { targetingKey: 'u-allowed' }, true, 'TARGETING_MATCH'],
    ['denied', 'guests', { targetingKey: 'u-denied', role: 'GUEST' }, false, 'TARGETING_MATCH'],
    ['targeted', 'guests', { role: 'GUEST' }, true, 'TARGETING_MATCH'],
    ['not targeted', 'guests', { role: 'ADMIN' }, false, 'DEFAULT'],
    ['not targeted, without a role', 'guests', {}, false, 'DEFAULT'],
  ]
  it.each(cases)(
    'the answer has value, variant and reason: %s',
    async (_, key, context, value, reason) => {
      const answer = await evaluate(key, context)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('Content-Type')).toBe('application/json')
      expect(await json(answer)).toEqual({ key, value, variant: value ? 'on' : 'off', reason })
    },
  )

  it('the headers name the snapshot', async () => {
    const { headers } = await evaluate('on', {})
    expect(headers.get('X-Snapshot-Version')).toBe(String(made.version))
    expect(headers.get('X-Snapshot-Age')).toMatch(/^\d+$/)
  })

  it('a request that names the version of an event gets that version', async () => {
    await evaluate('last', {})
    const { snapshotVersion } = await json<{ snapshotVersion: number }>(
      send('PATCH', '/api/flags/last', { as: ADMIN, body: { enabled: false } }),
    )
    const path = `/ofrep/v1/evaluate/flags/last?flagConfigEtag=${snapshotVersion}`
    const seen = send('POST', path, { as: CLIENT, body: { context: {} } })
    expect(await json(seen)).toMatchObject({ value: false, reason: 'DISABLED' })
  })
})

describe('OFREP single evaluation: an error names the requested key', () => {
  it.each(['no.such_flag', '__proto__', 'constructor', 'Nor This', 'a/b', '🎫'])(
    'the flag does not exist: %s',
    async (key) => {
      const { headers: _, ...body } = await problem(evaluate(encodeURIComponent(key), {}))
      expect(body).toEqual({
        status: 404,
        key,
        errorCode: 'FLAG_NOT_FOUND',
        errorDetails: expect.any(String),
      })
    },
  )

  it('the flag is split and the context has no targeting key', async () => {
    expect(await problem(evaluate('half', { role: 'GUEST' }))).toMatchObject({
      status: 400,
      key: 'half',
      errorCode: 'TARGETING_KEY_MISSING',
      errorDetails: expect.stringContaining('targetingKey'),
    })
  })

  it.each([
    ['a bad context', '{"context":[7]}', 'INVALID_CONTEXT'],
    ['no context', '{}', 'INVALID_CONTEXT'],
    ['bad JSON', '{"context":', 'PARSE_ERROR'],
    ['no body', '', 'PARSE_ERROR'],
  ])('the body is wrong: %s', async (_, body, errorCode) => {
    const refusal = problem(send('POST', '/ofrep/v1/evaluate/flags/on', { as: CLIENT, body }))
    expect(await refusal).toMatchObject({ status: 400, key: 'on', errorCode })
  })

  it('a request without an evaluation key answers 401 before the flag is looked up', async () => {
    const body = { context: {} }
    const known = await problem(send('POST', '/ofrep/v1/evaluate/flags/on', { body }))
    const unknown = await problem(send('POST', '/ofrep/v1/evaluate/flags/none', { body }))
    expect([known.status, unknown.status]).toEqual([401, 401])
    expect(known.errorDetails).toBe(unknown.errorDetails)
  })
})
