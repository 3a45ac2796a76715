import type {
  ExperimentSettings,
  ExperimentStatus,
  Plan,
  Variant,
} from '../../schema/experiment.ts'
import type { Difference } from './diff.ts'
import { STATUSES } from './experiment-status.ts'
import { formatExact } from './time.ts'

/** An experiment as the audit or an import tells of it; an import tells no status. */
export type ExperimentState = ExperimentSettings & {
  readonly status?: ExperimentStatus | undefined
}

/** "Draft", of DRAFT: what was written, unlike what an experiment is by now. */
export const describeStatus = (status: ExperimentStatus): string => STATUSES[status]

/** As exactly as it was set, unlike a rate in results: a change of the last digit is a change. */
const exactPercent = (share: number) => `${Number((share * 100).toPrecision(12))} %`

/** What a plan is to find. */
export const describePlan = ({
  baselineRate,
  minimumDetectableEffect,
  power,
  alpha,
}: Plan): string =>
  `to find ${exactPercent(minimumDetectableEffect)} more than ${exactPercent(baselineRate)}, power ${exactPercent(power)}, false alarms ${exactPercent(alpha)}`

/** Weights that sum to 100 are percent; others are told with the share that they come to. */
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
  ['Description', ({ description }) => description ?? 'none'],
]

const NOTHING: ExperimentState = {
  variants: [],
  plan: null,
  startAt: null,
  stopAt: null,
  description: null,
}

/** What differs between two states of an experiment, in words; null: it is not there. */
export const findExperimentDifferences = (
  before: ExperimentState | null,
  after: ExperimentState | null,
): Difference[] =>
  FIELDS.flatMap(([label, inWords]): Difference[] => {
    const [was, is] = [inWords(before ?? NOTHING), inWords(after ?? NOTHING)]
    return was === is ? [] : [{ label, kind: 'value', before: was, after: is }]
  })
