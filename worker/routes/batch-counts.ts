import * as z from 'zod'
import type { RowOutcome } from '../../schema/experiment-health.ts'
import type { Exposure, TrackingEvent } from '../../schema/participation.ts'
import type { CompiledExperiment } from '../evaluate/index.ts'
import { judgeInstant, type RowTime } from '../experiments/late-rows.ts'
import { countEvent, countExposure, type RowCounts } from '../experiments/row-counts.ts'
import type { CompiledSnapshot } from '../snapshot/parse.ts'
import type { Item } from './batch-items.ts'

type Experiments = CompiledSnapshot['experiments']

const OUTCOMES = { accepted: 'ACCEPTED', duplicate: 'DUPLICATE' } as const

/** What became of an item. Undefined when it is to be sent again. */
const toOutcome = ({ outcome }: Item<unknown>): RowOutcome | undefined =>
  outcome === undefined || outcome === 'UNAVAILABLE'
    ? undefined
    : outcome === 'accepted' || outcome === 'duplicate'
      ? OUTCOMES[outcome]
      : outcome

const hasVariant = ({ variants, phaseVariants = {} }: CompiledExperiment, name: string) =>
  [variants, ...Object.values(phaseVariants)].flat().some((variant) => variant.name === name)

/** Says more precisely why an exposure has the wrong variant. */
const explainMismatch = (
  experiment: CompiledExperiment,
  row: Exposure & RowTime,
  now: number,
): RowOutcome => {
  if (!hasVariant(experiment, row.variant)) return 'UNKNOWN_VARIANT'
  return judgeInstant(experiment, row, now) === null ? 'NOT_RUNNING' : 'VARIANT_MISMATCH'
}

const sentKey = z.looseObject({ experimentKey: z.string() })

/** Counts what became of a batch of exposures. A key that no published experiment has is not kept. */
export const countExposures =
  (
    items: readonly Item<Exposure & RowTime>[],
    sent: readonly unknown[],
    experiments: Experiments,
    now: number,
  ) =>
  (counts: RowCounts): void => {
    for (const [index, item] of items.entries()) {
      const outcome = toOutcome(item)
      const key = sentKey.safeParse(sent[index]).data?.experimentKey
      const experiment = key === undefined ? undefined : experiments.get(key)
      const isMismatch = outcome === 'VARIANT_MISMATCH' && experiment && item.row
      if (outcome !== undefined)
        countExposure(
          counts,
          experiment?.key,
          isMismatch ? explainMismatch(experiment, item.row, now) : outcome,
        )
    }
  }

/** Counts what became of a batch of events. */
export const countEvents =
  (items: readonly Item<TrackingEvent>[]) =>
  (counts: RowCounts): void => {
    for (const item of items) {
      const outcome = toOutcome(item)
      if (outcome !== undefined) countEvent(counts, item.row?.type, outcome)
    }
  }
