import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import { openDatabase } from '../../worker/store/database.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { json, problem, seedKeys, send, VIEWER } from '../support/api.ts'
import { draft, HALVES, stopClock } from '../support/experiments.ts'

beforeAll(seedKeys)
beforeEach(stopClock)
afterEach(() => vi.useRealTimers())

const AT = Date.UTC(2039, 5, 15, 10, 30)

const ask = (key: string, query = '') =>
  send('GET', `/api/experiments/${key}/metrics${query}`, { as: VIEWER })

const readMetrics = (key: string, query = '') => json<Metrics>(ask(key, query))

/** Stores users who saw the variant at one instant. The first of them booked. */
const seedUsers = (experimentKey: string, variant: string, users: number, bookings: number) => {
  const ids = Array.from({ length: users }, (_, index) => `${experimentKey}-${variant}-${index}`)
  return writeParticipation(openDatabase(env.DB), {
    assignments: ids.map((userId) => ({ experimentKey, userId, variant, at: AT })),
    exposures: ids.map((userId) => ({ id: '1', experimentKey, userId, variant, at: AT })),
    events: ids
      .slice(0, bookings)
      .map((userId) => ({ id: 'booked', type: 'booking.confirmed', userId, at: AT + 1 })),
  })
}

describe('Metrics: another baseline', () => {
  const variants = [...HALVES, { name: 'C', weight: 50 }]

  it('compares every other variant with it, without a verdict', async () => {
    await draft('against', { variants })
    await seedUsers('against', 'A', 500, 50)
    await seedUsers('against', 'B', 500, 50)
    await seedUsers('against', 'C', 500, 200)
    const { analysis, baseline, words } = await readMetrics('against', '?baseline=B')
    expect(baseline).toBe('B')
    expect(analysis.comparisons.map(({ control, variant }) => [control, variant])).toEqual([
      ['B', 'A'],
      ['B', 'C'],
    ])
    expect(analysis.verdict).toEqual({ kind: 'withheld', reason: 'exploration' })
    expect(words.headline).toBe('No verdict: this compares with B, not with the control')
    const csv = await (await ask('against', '.csv?baseline=B')).text()
    expect(csv).toContain(',withheld,exploration,')
  })

  it('the control as baseline changes nothing', async () => {
    await draft('against-control', { variants })
    await seedUsers('against-control', 'A', 20, 2)
    const plain = await readMetrics('against-control')
    expect(await readMetrics('against-control', '?baseline=A')).toEqual(plain)
  })

  it('answers 400 and names the parameter for an unknown name', async () => {
    await draft('against-unknown')
    for (const path of ['?baseline=D', '?baseline=', '.csv?baseline=D'])
      expect(await problem(ask('against-unknown', path))).toMatchObject({
        status: 400,
        errorCode: 'INVALID_REQUEST',
        issues: [{ path: 'baseline' }],
      })
  })
})
