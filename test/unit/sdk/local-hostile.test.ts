import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  ANNA,
  answerJson,
  BUNDLE,
  createTestClient,
  SNAPSHOT,
  useFakeService,
} from '../../support/flags-service.ts'

const service = useFakeService()
const warn = vi.spyOn(console, 'warn')
beforeEach(() => warn.mockImplementation(() => {}))
afterEach(() => warn.mockReset())

/** A client that holds the snapshot. */
const openLocal = async () => {
  const flags = createTestClient(service, {
    key: 'flags_server_test',
    evaluation: 'local',
    stream: false,
  })
  expect(await flags.refresh()).toBe(true)
  return flags
}

const forBeta = (...values: string[]) => [{ operator: 'inSegment', values }]

describe('Local evaluation', () => {
  it.each([
    ['an operator', { operator: 'near' }, {}],
    ['a member of a condition', { future: 1 }, {}],
    ['a member of a flag', {}, { ramp: [] }],
  ])('leaves a flag with %s of a newer service at its default', async (_, condition, member) => {
    const where = [{ attribute: 'plan', operator: 'in', values: ['pro'], ...condition }]
    const newer = { key: 'newer', enabled: true, rollout: 100, rules: { where }, ...member }
    service.answers.snapshot = () => answerJson({ ...SNAPSHOT, flags: [newer] })
    const flags = await openLocal()
    expect(flags.peekFlag({ ...ANNA, plan: 'pro' }, 'newer')).toBe(false)
    expect(flags.peekFlag({ ...ANNA, plan: 'free' }, 'newer', true)).toBe(true)
    await flags.close()
  })

  it.each([
    ['a member', { include: [], exclude: [], conditions: [], future: 1 }],
    ['an operator', { include: [], exclude: [], conditions: [{ operator: 'near' }] }],
  ])('leaves a flag whose segment has %s of a newer service at its default', async (_, segment) => {
    const flag = { enabled: true, rollout: 100 }
    service.answers.snapshot = () =>
      answerJson({
        ...SNAPSHOT,
        flags: [
          { ...flag, key: 'newer', rules: { where: forBeta('staff', 'beta') } },
          { ...flag, key: 'known', rules: { where: forBeta('staff') } },
        ],
        segments: [
          { key: 'beta', ...segment },
          { key: 'staff', include: ['u-1'], exclude: [], conditions: [] },
          { key: 'broken', include: 'u-1' },
        ],
      })
    const flags = await openLocal()
    for (const fallback of [false, true]) {
      expect(flags.peekFlag({ userId: 'u-1' }, 'newer', fallback)).toBe(fallback)
      expect(flags.peekFlag({ userId: 'u-1' }, 'known', fallback)).toBe(true)
    }
    await flags.close()
  })

  it('reads a context whose getter for `anonymous` throws', async () => {
    const flags = await openLocal()
    const hostile = Object.defineProperty({ ...ANNA }, 'anonymous', {
      enumerable: true,
      get: () => {
        throw new Error('hostile')
      },
    })
    expect(flags.peekFlag(hostile, 'on')).toBe(true)
    expect(await flags.getAllFlags(hostile)).toEqual(BUNDLE.flags)
    flags.subscribe(hostile, () => {})()
    await flags.close()
  })
})
