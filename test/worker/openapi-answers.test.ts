import { beforeAll, describe, expect, it } from 'vitest'
import { Flag } from '../../schema/flag.ts'
import {
  ADMIN,
  CLIENT,
  EDITOR,
  makeKey,
  putFlag,
  seedKeys,
  send,
  type Sent,
} from '../support/api.ts'
import { HALVES, runExperiment } from '../support/experiments.ts'
import { operationsOf, readDocument, validatorOf } from '../support/openapi.ts'

/*
 * What is documented is what is answered. Documented objects are closed: a member that is answered and not
 * documented fails, as does one that is documented and not answered.
 */

beforeAll(async () => {
  await seedKeys()
  await putFlag('on', { description: 'On.', rules: { roles: [], denyList: ['u-1'] } })
  await putFlag('half', { rollout: 50 })
  await makeKey('taken', 'server')
  await runExperiment('running')
  await draft('draft')
})

type Call = [id: string, status: number, method: string, path: string, sent: Sent]

const context = { userId: 'u-1' }
const admin = { as: ADMIN }
const client = { as: CLIENT }
const bulk = '/ofrep/v1/evaluate/flags'

const calls: Call[] = [
  ['flags.evaluate', 200, 'POST', '/v1/flags/evaluate', { ...client, body: { context } }],
  [
    'flags.evaluate',
    200,
    'POST',
    '/v1/flags/evaluate',
    { ...client, body: { context, keys: ['x'] } },
  ],
  ['flags.evaluate', 400, 'POST', '/v1/flags/evaluate', { ...client, body: {} }],
  ['flags.evaluate', 401, 'POST', '/v1/flags/evaluate', { body: { context } }],
  ['flags.evaluate', 413, 'POST', '/v1/flags/evaluate', { ...client, body: 'x'.repeat(70_000) }],
  [
    'flags.evaluate',
    415,
    'POST',
    '/v1/flags/evaluate',
    { headers: { 'Content-Type': '' }, body: 'x' },
  ],
  ['ofrep.evaluate', 200, 'POST', `${bulk}/on`, { ...client, body: { context } }],
  ['ofrep.evaluate', 404, 'POST', `${bulk}/none`, { ...client, body: { context } }],
  ['ofrep.evaluate', 400, 'POST', `${bulk}/half`, { ...client, body: { context: {} } }],
  ['ofrep.evaluateAll', 200, 'POST', bulk, { ...client, body: { context: {} } }],
  [
    'ofrep.evaluateAll',
    304,
    'POST',
    bulk,
    { ...client, body: { context }, headers: { 'If-None-Match': '*' } },
  ],
  ['ofrep.evaluateAll', 400, 'POST', bulk, { ...client, body: '{' }],
  ['stream', 200, 'GET', '/v1/stream', client],
  ['stream', 401, 'GET', '/v1/stream?token=none', {}],
  ['stream', 400, 'GET', '/v1/stream?token=a&token=b', {}],
  ['health', 200, 'GET', '/health', {}],
  ['flags.list', 200, 'GET', '/api/flags?limit=1', admin],
  ['flags.list', 400, 'GET', '/api/flags?limit=0', admin],
  ['flags.get', 200, 'GET', '/api/flags/on', admin],
  ['flags.get', 400, 'GET', '/api/flags/Not-A-Key', admin],
  ['flags.get', 404, 'GET', '/api/flags/none', admin],
  ['flags.set', 201, 'PUT', '/api/flags/new', { ...admin, body: {} }],
  ['flags.set', 200, 'PUT', '/api/flags/half', { ...admin, body: { rollout: 50, enabled: true } }],
  [
    'flags.set',
    412,
    'PUT',
    '/api/flags/on',
    { ...admin, body: {}, headers: { 'If-None-Match': '*' } },
  ],
  ['flags.update', 200, 'PATCH', '/api/flags/on', { ...admin, body: { comment: 'none' } }],
  ['flags.update', 404, 'PATCH', '/api/flags/none', { ...admin, body: {} }],
  [
    'flags.update',
    412,
    'PATCH',
    '/api/flags/on',
    { ...admin, body: {}, headers: { 'If-Match': '"99"' } },
  ],
  ['flags.delete', 200, 'DELETE', '/api/flags/doomed', admin],
  ['flags.delete', 403, 'DELETE', '/api/flags/on', { as: EDITOR }],
  ['audit.list', 200, 'GET', '/api/audit', admin],
  ['audit.list', 400, 'GET', '/api/audit?cursor=none', admin],
  ['audit.list', 403, 'GET', '/api/audit', client],
  ['explain', 200, 'POST', '/api/explain', { ...admin, body: { context: {} } }],
  ['explain', 404, 'POST', '/api/explain', { ...admin, body: { context, key: 'none' } }],
  ['keys.list', 200, 'GET', '/api/keys', admin],
  ['keys.create', 201, 'POST', '/api/keys', { ...admin, body: { name: 'new', kind: 'client' } }],
  ['keys.create', 409, 'POST', '/api/keys', { ...admin, body: { name: 'taken', kind: 'server' } }],
  ['keys.revoke', 200, 'DELETE', '/api/keys/ID', admin],
  ['keys.revoke', 404, 'DELETE', '/api/keys/none', admin],
  ['experiments.list', 200, 'GET', '/api/experiments', admin],
  ['experiments.get', 200, 'GET', '/api/experiments/running', admin],
  ['experiments.get', 404, 'GET', '/api/experiments/none', admin],
  [
    'experiments.create',
    201,
    'POST',
    '/api/experiments',
    { ...admin, body: { key: 'new-one', variants: HALVES } },
  ],
  [
    'experiments.create',
    409,
    'POST',
    '/api/experiments',
    { ...admin, body: { key: 'running', variants: HALVES } },
  ],
  [
    'experiments.update',
    200,
    'PATCH',
    '/api/experiments/draft',
    { ...admin, body: { description: 'New.' } },
  ],
  [
    'experiments.update',
    409,
    'PATCH',
    '/api/experiments/running',
    { ...admin, body: { variants: HALVES } },
  ],
  ['experiments.delete', 200, 'DELETE', '/api/experiments/doomed-draft', admin],
  ['experiments.launch', 200, 'POST', '/api/experiments/launched/launch', { ...admin, body: {} }],
  ['experiments.pause', 200, 'POST', '/api/experiments/paused/pause', { ...admin, body: {} }],
  ['experiments.stop', 200, 'POST', '/api/experiments/stopped/stop', { ...admin, body: {} }],
  ['experiments.metrics', 200, 'GET', '/api/experiments/running/metrics', admin],
  [
    'experiments.assign',
    200,
    'POST',
    '/v1/experiments/running/assign',
    { ...client, body: { context } },
  ],
  [
    'experiments.assign',
    404,
    'POST',
    '/v1/experiments/none/assign',
    { ...client, body: { context } },
  ],
  [
    'experiments.getVariant',
    200,
    'POST',
    '/v1/experiments/running/variant',
    { ...client, body: { context } },
  ],
  [
    'exposures.log',
    202,
    'POST',
    '/v1/exposures',
    { ...client, body: { exposures: [{ id: 'x' }] } },
  ],
  ['events.log', 202, 'POST', '/v1/events', { ...client, body: { events: [{ id: 'x' }] } }],
  ['me', 200, 'GET', '/api/me', admin],
  ['me', 401, 'GET', '/api/me', {}],
]

const draft = (key: string) =>
  send('POST', '/api/experiments', { ...admin, body: { key, variants: HALVES } })

/** What a call needs to find, made for it alone. */
const arrange: Readonly<Record<string, () => Promise<unknown>>> = {
  'flags.delete': () => putFlag('doomed'),
  'experiments.delete': () => draft('doomed-draft'),
  'experiments.launch': () => draft('launched'),
  'experiments.pause': () => runExperiment('paused'),
  'experiments.stop': () => runExperiment('stopped'),
}

const bodyOf = async (answer: Response): Promise<unknown> => {
  if (answer.headers.get('Content-Type') === 'application/json') return answer.json()
  await answer.body?.cancel()
  return undefined
}

describe('an answer is as it is documented', () => {
  it.each(calls)('%s %d', async (id, status, method, path, sent) => {
    await arrange[id]?.()
    const target = path.endsWith('/ID')
      ? path.replace('ID', (await makeKey('doomed', 'viewer')).id)
      : path
    const answer = await send(method, target, sent)
    expect(answer.status).toBe(status)
    const body = await bodyOf(answer)
    const validator = validatorOf(await readDocument(), id, status)
    expect(validator.safeParse(body)).toMatchObject({ success: true })
  })

  it('for every operation that there is', async () => {
    const ids = operationsOf(await readDocument()).map(({ operationId }) => operationId)
    expect(new Set(calls.map(([id]) => id))).toEqual(new Set(ids))
  })

  it('by a validator that notices a member too many, one too few, and a wrong type', async () => {
    const validator = validatorOf(await readDocument(), 'flags.get', 200)
    const { flag } = await putFlag('noticed')
    const { rollout: _, ...withoutRollout } = flag
    expect(validator.safeParse(Flag.parse(flag)).success).toBe(true)
    for (const wrong of [{ ...flag, secret: 1 }, withoutRollout, { ...flag, rollout: '5' }])
      expect(validator.safeParse(wrong).success).toBe(false)
  })
})
