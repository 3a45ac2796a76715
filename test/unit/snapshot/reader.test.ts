import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  FAILURE_PAUSE_MS,
  MAX_AGE_MS,
  REFRESH_AFTER_MS,
} from '../../../worker/snapshot/freshness.ts'
import { createReader, DEADLINE_MS } from '../../../worker/snapshot/reader.ts'
import { world } from '../../support/reader-world.ts'
import { snapshotText } from '../../support/snapshots.ts'

beforeEach(() => vi.useFakeTimers({ now: 1_800_000_000_000 }))
afterEach(() => vi.useRealTimers())

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('Snapshot reader in a cold isolate', () => {
  it('reads KV and verifies with the Publisher before it answers', async () => {
    const { state, read } = world()
    state.published = 7
    expect(await read()).toMatchObject({ version: 7, waitedMs: 0 })
    expect(state).toMatchObject({ kvReads: 1, questions: 1 })
  })

  it('answers from KV when the Publisher is down, with the age of that snapshot', async () => {
    const { state, read } = world()
    const builtAt = Date.now()
    state.publisher = 'down'
    await pass(3_600_000)
    expect((await read()).loaded).toMatchObject({ verifiedAt: builtAt, snapshot: { version: 1 } })
  })

  it('answers from the Publisher when KV is down, empty or holds no snapshot', async () => {
    for (const kvText of [
      null,
      '',
      '{"version":99}',
      '{"format":2,"version":99,"flags":[],"keys":[]}',
    ]) {
      const { state, read } = world()
      state.kvText = kvText
      expect((await read()).version).toBe(1)
    }
    const { state, read } = world()
    state.kv = 'down'
    expect((await read()).version).toBe(1)
  })

  it('returns nothing when everything is down, and recovers by itself', async () => {
    const { state, read } = world()
    state.kv = state.publisher = 'down'
    expect((await read()).loaded).toBeUndefined()
    state.publisher = 'up'
    expect((await read()).version).toBe(1)
  })

  it('asks once for 50 requests at the same time', async () => {
    const { state, ask, settle } = world()
    const crowd = Promise.all(Array.from({ length: 50 }, () => ask()))
    await settle()
    expect(new Set((await crowd).map((loaded) => loaded?.snapshot.version))).toEqual(new Set([1]))
    expect(state).toMatchObject({ kvReads: 1, questions: 1 })
  })
})

describe('Snapshot reader in a warm isolate', () => {
  it('asks no source while the snapshot was verified within 5 s', async () => {
    const { state, read } = world()
    await read()
    await pass(REFRESH_AFTER_MS - 1)
    await read()
    expect(state.questions).toBe(1)
  })

  it('answers at once from 5 s on, and refreshes behind the answer', async () => {
    const { state, read, settle } = world()
    await read()
    state.published = 2
    await pass(REFRESH_AFTER_MS)
    expect(await read()).toMatchObject({ version: 1, waitedMs: 0 })
    await settle()
    expect((await read()).version).toBe(2)
  })

  it('asks before it answers when the last verification is 30 s old', async () => {
    const { state, read } = world()
    await read()
    state.published = 2
    await pass(MAX_AGE_MS)
    expect((await read()).version).toBe(2)
  })

  it('adds the age of the Publisher’s knowledge to its own', async () => {
    const { state, read } = world()
    state.publisherAgeMs = 4_000
    await pass(60_000)
    const { loaded } = await read()
    expect(Date.now() - (loaded?.verifiedAt ?? 0)).toBe(4_000)
  })

  it('counts from its own question when the Publisher’s clock is ahead', async () => {
    const { state, read } = world()
    state.kvText = snapshotText(1, { builtAt: new Date(Date.now() + 3_600_000).toISOString() })
    const { loaded } = await read()
    expect(loaded?.verifiedAt).toBe(Date.now())
    await read()
    expect(state.questions).toBe(1)
  })

  it('never reads KV while the Publisher answers', async () => {
    const { state, read, settle } = world()
    await read()
    for (let i = 0; i < 20; i++) {
      state.published++
      await pass(REFRESH_AFTER_MS)
      await read()
      await settle()
    }
    expect(state.kvReads).toBe(1)
  })
})

describe('Snapshot reader, when a request names a version', () => {
  it('answers from that version, however stale the isolate and KV are', async () => {
    const { state, read } = world()
    await read()
    state.published = 2
    expect(await read({ minVersion: 2 })).toMatchObject({ version: 2, waitedMs: 0 })
  })

  it('asks again when the question under way began before the version existed', async () => {
    let published = 1
    const answers: (() => void)[] = []
    const reader = createReader({
      kv: async () => null,
      publisher: (newerThan) => {
        const version = published
        const snapshot = version > newerThan ? snapshotText(version) : null
        const answer = { version, snapshot, ageMs: 0, overrides: 0 }
        return new Promise((resolve) => answers.push(() => resolve(answer)))
      },
    })
    const first = reader.current({}, () => {})
    await pass(0)
    published = 2
    const second = reader.current({ minVersion: 2 }, () => {})
    for (let question = 1; question <= 2; question++) {
      await pass(0)
      expect(answers).toHaveLength(question)
      answers.at(-1)?.()
    }
    expect((await first)?.snapshot.version).toBe(1)
    expect((await second)?.snapshot.version).toBe(2)
  })

  it('answers from the newest version when the named one does not exist', async () => {
    const { read } = world()
    await read()
    expect(await read({ minVersion: 999 })).toMatchObject({ version: 1, waitedMs: 0 })
  })
})

describe('Snapshot reader, when the sources fail', () => {
  it('answers for ever from the last good snapshot, with its true age', async () => {
    const { state, read } = world()
    const { loaded: first } = await read()
    state.kv = state.publisher = 'down'
    await pass(86_400_000)
    const { loaded } = await read()
    expect(loaded).toMatchObject({ verifiedAt: first?.verifiedAt, snapshot: { version: 1 } })
  })

  it('waits for a silent Publisher once, at most the deadline, and then pauses', async () => {
    const { state, read } = world()
    await read()
    state.publisher = 'silent'
    await pass(MAX_AGE_MS)
    expect((await read()).waitedMs).toBeLessThanOrEqual(DEADLINE_MS)
    expect((await read()).waitedMs).toBe(0)
    await pass(FAILURE_PAUSE_MS - 100)
    expect((await read({ minVersion: 5 })).waitedMs).toBe(0)
  })

  it('asks again behind the answers, so it is fresh soon after the Publisher is back', async () => {
    const { state, read, settle } = world()
    await read()
    state.publisher = 'silent'
    await pass(MAX_AGE_MS)
    await read()
    state.publisher = 'up'
    state.published = 2
    await pass(REFRESH_AFTER_MS)
    await read()
    await settle()
    expect((await read()).version).toBe(2)
  })

  it('takes a newer snapshot from KV when only the Publisher is down', async () => {
    const { state, read } = world()
    await read()
    state.publisher = 'down'
    state.kvText = snapshotText(2)
    await pass(MAX_AGE_MS)
    expect((await read()).version).toBe(2)
  })

  it('does not wait on every request while the Publisher itself cannot verify', async () => {
    const { state, read } = world()
    await read()
    state.publisherAgeMs = 3_600_000
    await pass(MAX_AGE_MS)
    await read()
    const questions = state.questions
    for (let i = 0; i < 10; i++) await read()
    expect(state.questions).toBe(questions)
  })
})

const altered = (by: object) => JSON.stringify({ ...JSON.parse(snapshotText(2)), ...by })

describe('Snapshot reader', () => {
  it('never goes back in version, whatever KV and the Publisher answer', async () => {
    const { state, read } = world()
    state.published = 9
    await read()
    state.published = 3
    state.kvText = snapshotText(2)
    await pass(MAX_AGE_MS)
    expect((await read()).version).toBe(9)
    state.publisher = 'down'
    await pass(MAX_AGE_MS)
    expect((await read()).version).toBe(9)
  })

  it.each([
    ['is cut off', snapshotText(2).slice(0, -1)],
    ['has only a version', '{"version":2}'],
    ['has an unknown format', altered({ format: 2 })],
    ['has a version that is no integer', altered({ version: '2' })],
    ['has no time at which it was built', altered({ builtAt: 'today' })],
  ])('keeps its snapshot when a newer one is invalid: it %s', async (_, snapshot) => {
    const { current } = createReader({
      kv: async () => snapshotText(1),
      publisher: async () => ({ version: 2, snapshot, ageMs: 0, overrides: 0 }),
    })
    expect((await current({}, () => {}))?.snapshot.version).toBe(1)
    await pass(MAX_AGE_MS)
    expect((await current({}, () => {}))?.snapshot.version).toBe(1)
  })

  it('drops only the flag that cannot be read', async () => {
    const { state, read } = world()
    state.kvText = snapshotText(1, {
      flags: [
        { key: 'good.flag', enabled: true, rollout: 100, rules: null },
        { key: 'bad.flag', enabled: 'yes' },
        'not even an object',
      ],
    })
    const { loaded } = await read()
    expect(loaded?.snapshot.flags.get('good.flag')).toMatchObject({ enabled: true })
    expect(loaded?.snapshot.flags.get('bad.flag')).toEqual({ key: 'bad.flag', broken: true })
  })

  it('drops only the experiment and the key that cannot be read', async () => {
    const { state, read } = world()
    const hash = 'a'.repeat(64)
    const key = { id: 'good', kind: 'client', hash }
    const experiments = [{ key: 'bad', status: 'RUNNING' }, null]
    state.kvText = snapshotText(1, { experiments, keys: [key, { ...key, kind: 'root' }, 7] })
    const { loaded } = await read()
    expect(loaded?.snapshot.flags.get('version.1')).toMatchObject({ enabled: true })
    expect(loaded?.snapshot.experiments.size).toBe(0)
    expect([...(loaded?.snapshot.keys.byHash.keys() ?? [])]).toEqual([hash])
    expect(loaded?.snapshot.keys.byHash.get(hash)?.kind).toBe('client')
  })
})

it('Snapshot reader: asks again when the clock is set back after a failure', async () => {
  const { state, read } = world()
  await read()
  await pass(MAX_AGE_MS)
  state.publisher = 'down'
  await read()
  vi.setSystemTime(Date.now() - 3_600_000)
  state.publisher = 'up'
  state.published = 2
  expect((await read()).version).toBe(2)
})
