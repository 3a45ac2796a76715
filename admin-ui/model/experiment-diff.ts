import type {
  ExperimentSettings,
  ExperimentStatus,
  Plan,
  Variant,
} from '../../schema/experiment.ts'
import type { Decision } from '../../schema/experiment-record.ts'
import { DEFAULT_MINIMUM_DAYS } from '../../schema/minimum-days.ts'
import { describeDecision } from './decision.ts'
import type { Difference } from './diff.ts'
import { STATUSES } from './experiment-status.ts'
import { formatExact } from './time.ts'

/** The state of an experiment in the audit or in an import. An import has no status. */
export type ExperimentState = ExperimentSettings & {
  readonly status?: ExperimentStatus | undefined
  readonly owner?: string | null
  readonly archivedAt?: string | null
  readonly decision?: Decision | null
  readonly note?: string | null
}

/** Names the stored status. The status shown on a page also depends on the time. */
export const describeStatus = (status: ExperimentStatus): string => STATUSES[status]

/** Keeps every digit that was set, so that a change of the last digit shows. */
const exactPercent = (share: number) => `${Number((share * 100).toPrecision(12))} %`

/** Says what a plan is made to find. */
export const describePlan = ({
  baselineRate,
  minimumDetectableEffect,
  power,
  alpha,
  minimumDays = DEFAULT_MINIMUM_DAYS,
}: Plan): string =>
  `to find ${exactPercent(minimumDetectableEffect)} more than ${exactPercent(baselineRate)}, power ${exactPercent(power)}, false alarms ${exactPercent(alpha)}, minimum duration ${minimumDays} days`

/** Weights with the sum 100 are percents. Other weights are shown with their share. */
const describeVariants = (variants: readonly Variant[]): string => {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0)
  return variants
    .map(({ name, weight }) =>
      total === 100
        ? `${name} ${weight} %`
        : `${name} ${weight} (${Number(((weight / total) * 100).toFixed(1))} %)`,
    )
    .join(', ')
}

const FIELDS: readonly (readonly [label: string, inWords: (state: ExperimentState) => string])[] = [
  ['Status', ({ status }) => (status ? describeStatus(status) : '')],
  ['Variants', ({ variants }) => describeVariants(variants)],
  ['Plan', ({ plan }) => (plan ? describePlan(plan) : 'none')],
  ['Starts', ({ startAt }) => (startAt === null ? 'at its launch' : formatExact(startAt))],
  ['Stops', ({ stopAt }) => (stopAt === null ? 'when someone stops it' : formatExact(stopAt))],
  ['Owner', ({ owner }) => owner ?? 'none'],
  ['Archived', ({ archivedAt }) => (archivedAt ? formatExact(archivedAt) : 'no')],
  ['Decision', ({ decision }) => (decision ? describeDecision(decision) : 'none')],
  ['Note', ({ note }) => note ?? 'none'],
  [
    'Testers',
    ({ testers = [] }) =>
      testers.map(({ userId, variant }) => `${userId} sees ${variant}`).join(', ') || 'nobody',
  ],
  ['Left out', ({ leftOut }) => leftOut?.userIds.join(', ') || 'nobody'],
  ['Description', ({ description }) => description ?? 'none'],
]

const NOTHING: ExperimentState = {
  variants: [],
  plan: null,
  startAt: null,
  stopAt: null,
  description: null,
}

/** Finds the differences of two states of an experiment. Null means that it does not exist. */
export const findExperimentDifferences = (
  before: ExperimentState | null,
  after: ExperimentState | null,
): Difference[] =>
  FIELDS.flatMap(([label, inWords]): Difference[] => {
    const [was, is] = [inWords(before ?? NOTHING), inWords(after ?? NOTHING)]
    return was === is ? [] : [{ label, kind: 'value', before: was, after: is }]
  })
