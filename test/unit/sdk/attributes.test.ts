import { describe, expect, it, vi } from 'vitest'
import {
  answerJson,
  BUNDLE,
  createTestClient,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()

describe('Client: attributes beside the well-known ones', () => {
  it('sends the attributes that its options name, in a fixed order', async () => {
    const flags = createTestClient(service, { attributes: ['plan', 'tags', 'owner'] })
    const context = {
      userId: 'anna',
      tags: ['x', {}, 7, NaN],
      plan: 'pro',
      email: 'a@b.c',
      owner: {},
    }
    await flags.getFlag(context, 'on')
    await flags.getFlag({ plan: 'pro', tags: ['x', 7], userId: 'anna', seenAt: Date.now() }, 'on')
    expect(service.requests.map(({ body }) => JSON.stringify(body))).toEqual([
      '{"context":{"userId":"anna","plan":"pro","tags":["x",7]},"values":true}',
    ])
    await flags.getFlag({ ...context, plan: 'free' }, 'on')
    expect(service.requests).toHaveLength(2)
    await flags.assignVariant(context, 'test')
    expect(service.requests.at(-1)?.body['context']).toMatchObject({ plan: 'pro' })
  })

  it.each([7, {}, [7, null], 'plan', null])(
    'accepts %j as the option `attributes`',
    async (odd) => {
      const flags = createTestClient(service, { attributes: odd as never })
      expect(await flags.getFlag({ userId: 'anna', email: 'a@b.c' }, 'on')).toBe(true)
      expect(service.requests[0]?.body).toEqual({ context: { userId: 'anna' }, values: true })
    },
  )

  it('sends all attributes that conditions can compare when it is told so', async () => {
    const hostile = JSON.parse('{"userId":"anna","__proto__":"x","constructor":1,"deep":{"a":1}}')
    await createTestClient(service, { attributes: 'all' }).getFlag(hostile, 'on')
    expect(JSON.stringify(service.requests[0]?.body)).toBe(
      '{"context":{"userId":"anna","__proto__":"x","constructor":1},"values":true}',
    )
  })

  it('warns once about attributes of the context that flags use and it does not send', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const onError = vi.fn<(error: unknown) => void>()
    const flags = createTestClient(service, { attributes: ['region'], onError })
    service.answers.bundle = () => answerJson({ ...BUNDLE, attributes: ['region', 'plan', 'team'] })
    await flags.getFlag({ userId: 'anna', region: 'in' }, 'on')
    await flags.getFlag({ userId: 'anna', region: 'in' }, 'on')
    expect(warn).not.toHaveBeenCalled()
    await flags.getFlag({ userId: 'anna', plan: 'pro' }, 'on')
    await flags.getFlag({ userId: 'bert', plan: 'pro' }, 'on')
    expect(warn.mock.calls).toEqual([
      [
        '@indietix/flags: flags use plan, which this client does not send. Add to its options: attributes: ["plan"]',
      ],
    ])
    expect(onError).toHaveBeenCalledTimes(1)
  })
})
