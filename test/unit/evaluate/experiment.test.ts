import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ExperimentStatus, SnapshotExperiment } from '../../../schema/experiment.ts'
import {
  bucketVariant,
  compileExperiment,
  isActive,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import { aContext, someWeights } from '../../support/arbitraries.ts'

const START = Date.UTC(2026, 5, 15, 12)
const STOP = START + 3_600_000

const anExperiment = (over: Partial<SnapshotExperiment> = {}): SnapshotExperiment => ({
  key: 'checkout-redesign',
  status: 'RUNNING',
  variants: [
    { name: 'A', weight: 50 },
    { name: 'B', weight: 50 },
  ],
  startAt: START,
  stopAt: STOP,
  isBucketed: true,
  hasInherited: false,
  ...over,
})

describe('isActive', () => {
  it.each<[string, number, boolean]>([
    ['nobody a millisecond before its start', START - 1, false],
    ['from the very instant of its start', START, true],
    ['until a millisecond before its stop', STOP - 1, true],
    ['nobody from the very instant of its stop', STOP, false],
    ['nobody ever after', Number.MAX_SAFE_INTEGER, false],
  ])('an experiment assigns %s', (_, now, active) => {
    expect(isActive(anExperiment(), now)).toBe(active)
  })

  it('an experiment without a schedule assigns at any time', () => {
    const always = anExperiment({ startAt: null, stopAt: null })
    for (const now of [0, START, Number.MAX_SAFE_INTEGER]) expect(isActive(always, now)).toBe(true)
  })

  it.each<ExperimentStatus>(['DRAFT', 'PAUSED', 'STOPPED'])(
    'an experiment assigns nobody while it is %s',
    (status) => {
      expect(isActive(anExperiment({ status }), START)).toBe(false)
    },
  )
})

const aKey = fc.stringMatching(/^[a-z0-9]+(-[a-z0-9]+)*$/).filter((key) => key.length <= 128)

const anyExperiment = fc
  .record({ key: aKey, weights: someWeights, isBucketed: fc.boolean() })
  .map(({ key, weights, isBucketed }) =>
    compileExperiment(
      anExperiment({
        key,
        isBucketed,
        variants: weights.map((weight, index) => ({ name: `v${index}`, weight })),
      }),
    ),
  )

describe('bucketVariant', () => {
  it('the bucket names the same variant each time, one that has weight, or null', () => {
    fc.assert(
      fc.property(anyExperiment, aContext, (experiment, context) => {
        const variant = bucketVariant(experiment, readSubject(context))
        expect(bucketVariant(experiment, readSubject(context))).toBe(variant)
        const isSomebody = readSubject(context).userId !== undefined
        const weighted = experiment.variants.filter(({ weight }) => isSomebody && weight > 0)
        const possible = weighted.length === 0 ? [null] : weighted.map(({ name }) => name)
        expect(possible).toContain(variant)
      }),
    )
  })

  it('attributes other than the user id do not change the variant', () => {
    fc.assert(
      fc.property(anyExperiment, fc.string({ minLength: 1 }), aContext, (experiment, id, other) => {
        const context = { ...other, targetingKey: id }
        fc.pre(id.trim() !== '')
        expect(bucketVariant(experiment, readSubject(context))).toBe(
          bucketVariant(experiment, readSubject({ userId: id })),
        )
      }),
    )
  })

  it('multiplying all weights by one number does not change the variant', () => {
    const scaled = fc
      .tuple(aKey, fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 2, maxLength: 20 }))
      .map(([key, weights]) =>
        [1, 1_000].map((factor) =>
          compileExperiment(
            anExperiment({
              key,
              variants: weights.map((weight, index) => ({
                name: `v${index}`,
                weight: weight * factor,
              })),
            }),
          ),
        ),
      )
    fc.assert(
      fc.property(scaled, fc.uuid(), (experiments, userId) => {
        const variants = experiments.map((one) => bucketVariant(one, readSubject({ userId })))
        expect(new Set(variants).size).toBe(1)
      }),
    )
  })
})
