import { beforeAll, describe, expect, it } from 'vitest'
import { Flag } from '../../schema/flag.ts'
import { putFlag, send } from '../support/api.ts'
import { calls } from '../support/calls.ts'
import { listOperations, readDocument, createAnswerValidator } from '../support/openapi.ts'
import { findAddress, prepareCalls } from '../support/prepare-calls.ts'

/*
 * What is documented is what is answered. Documented objects are closed: a member that is answered and not
 * documented fails, as does one that is documented and not answered.
 */

beforeAll(prepareCalls)

const toBody = async (answer: Response): Promise<unknown> => {
  if (answer.headers.get('Content-Type') === 'application/json') return answer.json()
  await answer.body?.cancel()
  return undefined
}

const documentedAt = async (id: string, status: number) => {
  const operation = listOperations(await readDocument()).find(
    ({ operationId }) => operationId === id,
  )
  const response = operation?.responses[status]
  if (!response) throw new Error(`${id} does not document ${status}`)
  return response
}

const readContentType = ({ headers }: Response) =>
  (headers.get('Content-Type') ?? '').split(';').slice(0, 1).filter(Boolean)

/** Headers of each answer. headers.test.ts and cors.test.ts test them. */
const ON_ALL =
  /^(content-(type|length|security-policy)|cache-control|strict-transport-security|x-content-type-options|access-control-.*)$/

const readHeaders = ({ headers }: Response) =>
  new Set([...headers.keys()].filter((name) => !ON_ALL.test(name)))

/** Refusals name the snapshot only when one was looked at. */
const mustHave = (status: number, names: readonly string[], { headers }: Response) =>
  names
    .map((name) => name.toLowerCase())
    .filter((name) => status < 400 || !name.startsWith('x-snapshot-') || headers.has(name))

describe('Documented answers', () => {
  it.each(calls)('%s %d answers as documented', async (id, status, method, path, sent) => {
    const named = { ...sent, headers: { ...sent.headers, 'X-Request-Id': 'mine' } }
    const answer = await send(method, await findAddress(id, path), named)
    expect(answer.status).toBe(status)
    const body = await toBody(answer)
    const validator = createAnswerValidator(await readDocument(), id, status)
    expect(validator.safeParse(body)).toMatchObject({ success: true })
    const { content = {}, headers } = await documentedAt(id, status)
    expect(Object.keys(content)).toEqual(readContentType(answer))
    expect(readHeaders(answer)).toEqual(new Set(mustHave(status, Object.keys(headers), answer)))
  })

  it('every operation has a tested answer', async () => {
    const ids = listOperations(await readDocument()).map(({ operationId }) => operationId)
    expect(new Set(calls.map(([id]) => id))).toEqual(new Set(ids))
  })

  it('the validator notices an extra member, a missing member and a wrong type', async () => {
    const validator = createAnswerValidator(await readDocument(), 'flags.get', 200)
    const { flag } = await putFlag('noticed')
    const { rollout: _, ...withoutRollout } = flag
    expect(validator.safeParse(Flag.parse(flag)).success).toBe(true)
    for (const wrong of [{ ...flag, secret: 1 }, withoutRollout, { ...flag, rollout: '5' }])
      expect(validator.safeParse(wrong).success).toBe(false)
  })
})
