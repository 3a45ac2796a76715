import { beforeAll, describe, expect, it } from 'vitest'
import { Flag } from '../../schema/flag.ts'
import { ADMIN, auditOf, makeKey, putFlag, seedKeys, send } from '../support/api.ts'
import { calls } from '../support/calls.ts'
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

const draft = (key: string) =>
  send('POST', '/api/experiments', { as: ADMIN, body: { key, variants: HALVES } })

/** What a call needs to find, made for it alone. */
const arrange: Readonly<Record<string, () => Promise<unknown>>> = {
  'flags.delete': () => putFlag('doomed'),
  'experiments.delete': () => draft('doomed-draft'),
  'experiments.launch': () => draft('launched'),
  'experiments.pause': () => runExperiment('paused'),
  'experiments.stop': () => runExperiment('stopped'),
}

let keys = 0

/** The address, with the id of something that was made for it. */
const addressed = async (path: string): Promise<string> => {
  if (path.includes('{A KEY}'))
    return path.replace('{A KEY}', (await makeKey(`doomed ${keys++}`, 'viewer')).id)
  if (path.includes('{A PAGE KEY}'))
    return path.replace('{A PAGE KEY}', (await makeKey('of a page', 'client')).id)
  if (!path.includes('{AN EDIT}')) return path
  await putFlag('reverted', { rollout: 1 })
  await putFlag('reverted', { rollout: 2 })
  return path.replace('{AN EDIT}', String((await auditOf('flag:reverted'))[0]?.id))
}

const bodyOf = async (answer: Response): Promise<unknown> => {
  if (answer.headers.get('Content-Type') === 'application/json') return answer.json()
  await answer.body?.cancel()
  return undefined
}

describe('an answer is as it is documented', () => {
  it.each(calls)('%s %d', async (id, status, method, path, sent) => {
    await arrange[id]?.()
    const answer = await send(method, await addressed(path), sent)
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
