import { beforeAll, describe, expect, it } from 'vitest'
import type { Metrics } from '../../schema/metrics.ts'
import type { SampleSize } from '../../schema/sample-size.ts'
import { draft } from '../support/experiments.ts'
import { json, problem, seedKeys, send, VIEWER } from '../support/api.ts'

beforeAll(seedKeys)

const PLAN = { baselineRate: 0.11, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 }

const ask = (plan: object, variantCount = 2) =>
  send('POST', '/api/sample-size', { as: VIEWER, body: { plan, variantCount } })

const csv = (key: string, query = '') =>
  send('GET', `/api/experiments/${key}/metrics.csv${query}`, { as: VIEWER })

describe('POST /api/sample-size', () => {
  it('answers the sample that results of an experiment with this plan require', async () => {
    await draft('planned', { plan: PLAN })
    const results = await json<Metrics>(
      send('GET', '/api/experiments/planned/metrics', { as: VIEWER }),
    )
    const size = await json<SampleSize>(ask(PLAN))
    expect(size.perVariant).toBe(results.analysis.progress.planned)
    expect(size.perVariant).toBeGreaterThan(size.fixedPerVariant)
  })

  it('answers a larger sample for more variants, which share the risk of a false alarm', async () => {
    const [two, four] = await Promise.all([2, 4].map((count) => json<SampleSize>(ask(PLAN, count))))
    expect(four?.perVariant).toBeGreaterThan(two?.perVariant ?? Number.POSITIVE_INFINITY)
  })

  it.each([
    ['a rate that is none', { baselineRate: null }, 'plan.baselineRate'],
    ['a rate of 100 % or more', { baselineRate: 1.1 }, 'plan.baselineRate'],
    ['an effect that no rate leaves room for', { minimumDetectableEffect: 9.5 }, 'plan'],
    ['a power below a coin toss', { power: 0.3 }, 'plan.power'],
  ])('answers 400 to %s and names it', async (_, wrong, path) => {
    const { status, issues } = await problem(ask({ ...PLAN, ...wrong }))
    expect(status).toBe(400)
    expect(issues?.map((issue) => issue.path)).toContain(path)
  })
})

describe('GET metrics.csv', () => {
  it('answers a file named after the experiment, with a row for each variant', async () => {
    await draft('exported')
    const answer = await csv('exported')
    expect(answer.headers.get('Content-Type')).toBe('text/csv; charset=utf-8')
    expect(answer.headers.get('Content-Disposition')).toBe('attachment; filename="exported.csv"')
    expect(await answer.text()).toMatch(/^experiment,variant,[^\r]*\r\nexported,/)
  })

  it('answers a row for each day with by=day', async () => {
    await draft('exported-days')
    const answer = await csv('exported-days', '?by=day')
    expect(answer.headers.get('Content-Disposition')).toContain('exported-days-by-day.csv')
    expect(await answer.text()).toBe(
      'experiment,day_utc,variant,assignments,exposures,exposed_users,conversions,clicks\r\n',
    )
  })

  it('answers 404 for a missing experiment and 400 for another value of by', async () => {
    expect((await csv('exported', '?by=hour')).status).toBe(400)
    expect((await csv('missing')).status).toBe(404)
  })
})
