import { expect, it } from 'vitest'
import {
  findExperimentDifferences,
  type ExperimentState,
} from '../../../admin-ui/model/experiment-diff.ts'

const told = (settings: Partial<ExperimentState> = {}): ExperimentState => ({
  description: null,
  variants: [
    { name: 'A', weight: 50 },
    { name: 'B', weight: 50 },
  ],
  startAt: null,
  stopAt: null,
  plan: null,
  ...settings,
})

const plan = { baselineRate: 0.07, minimumDetectableEffect: 0.1, power: 0.8, alpha: 0.05 }

it('Experiment diff: finds no difference between equal states', () =>
  expect(findExperimentDifferences(told({ plan }), told({ plan }))).toEqual([]))

it('Experiment diff: shows other weights even when the shares stay the same', () =>
  expect(
    findExperimentDifferences(
      told(),
      told({
        variants: [
          { name: 'A', weight: 1 },
          { name: 'B', weight: 1 },
        ],
      }),
    ),
  ).toEqual([
    {
      label: 'Variants',
      kind: 'value',
      before: 'A 50 %, B 50 %',
      after: 'A 1 (50 %), B 1 (50 %)',
    },
  ]))

it('Experiment diff: shows a plan with every digit that was set', () =>
  expect(
    findExperimentDifferences(told({ plan }), told({ plan: { ...plan, baselineRate: 0.07001 } })),
  ).toMatchObject([{ label: 'Plan', before: expect.stringContaining('than 7 %,') }]))

it('Experiment diff: shows only the settings that a new experiment has', () =>
  expect(
    findExperimentDifferences(null, told({ status: 'DRAFT' })).map(({ label }) => label),
  ).toEqual(['Status', 'Variants']))
