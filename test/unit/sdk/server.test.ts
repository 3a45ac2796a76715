import { describe, expect, it, vi } from 'vitest'
import { createServerFlagsClient } from '../../../sdk/server.ts'
import type { FlagsOptions } from '../../../sdk/options.ts'
import {
  ANNA,
  answerJson,
  BUNDLE,
  SNAPSHOT,
  unreachable,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const create = (options: Partial<FlagsOptions> = {}) =>
  createServerFlagsClient({ url: 'https://flags.test', key: 'k', fetch: service.fetch, ...options })

describe('createServerFlagsClient', () => {
  it('reads flags and variants of one bundle', async () => {
    const client = create()
    expect(await client.getFlag(ANNA, 'on')).toBe(true)
    expect(await client.getFlag(ANNA, 'none', true)).toBe(true)
    expect(await client.getAllFlags(ANNA)).toEqual(BUNDLE.flags)
    expect(await client.getVariant(ANNA, 'test')).toBe('A')
    expect(await client.getVariant(ANNA, 'none')).toBeNull()
    expect(await client.getBundle({ ...ANNA, theme: 'dark' })).toEqual(BUNDLE)
    expect(service.requests).toHaveLength(1)
    await client.close()
  })

  it('evaluates conditions on any attribute with local evaluation', async () => {
    const where = [{ attribute: 'plan', operator: 'in', values: ['pro'] }]
    const pro = { key: 'pro', enabled: true, rollout: 100, rules: { where } }
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, flags: [pro] })
    const client = create({ key: 'flags_server_test', evaluation: 'local', stream: false })
    expect(await client.getFlag({ ...ANNA, plan: 'pro' }, 'pro')).toBe(true)
    expect(await client.getFlag({ ...ANNA, plan: 'free' }, 'pro', true)).toBe(false)
    await client.close()
  })

  it('returns the defaults when the service is away', async () => {
    service.answers.bundle = unreachable
    const client = create()
    const read = Promise.all([
      client.getFlag(ANNA, 'on', true),
      client.getVariant(ANNA, 'test'),
      client.getBundle(ANNA),
    ])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await read).toEqual([true, null, undefined])
    await client.close()
  })
})
