import type { Metrics } from '../../schema/metrics.ts'
import { confidence, count, counted, pValue } from './numbers.ts'
import { formatRange } from './words.ts'

type Analysis = Metrics['analysis']
type Comparison = Analysis['comparisons'][number]
type RateReason = NonNullable<Analysis['rates'][number]['rate']['reason']>
type ZTestReason = NonNullable<Comparison['zTest']['reason']>
type RatioReason = NonNullable<Analysis['sampleRatio']['reason']>

/** Why a variant has no rate. */
export const whyNoRate: Readonly<Record<RateReason, string>> = {
  no_users: 'Nobody has seen it yet.',
  invalid_counts: 'Its counts contradict each other.',
}

/** Why two variants cannot be compared. */
export const whyNoComparison: Readonly<Record<ZTestReason, string>> = {
  no_users: 'Not comparable yet: one of the two was not seen by anyone.',
  invalid_counts: 'Not comparable: the counts contradict each other.',
  no_variation: 'Not comparable yet: so far everybody booked, or nobody did.',
}

/** Why the split of the users could not be checked. */
const whyNoRatio: Readonly<Record<RatioReason, string>> = {
  invalid_counts: 'The split could not be checked: the counts contradict each other.',
  weights_changed:
    'The split cannot be checked, because the variants changed after the launch: who was assigned before keeps the old variant. Users of before and after are mixed, so what changed over time can look like a difference.',
  assignments_without_weight: 'Users were assigned to a variant that has no weight.',
  fewer_than_two_weighted: 'There is no split to check: only one variant gets users.',
  too_few_assignments: 'Too few users yet to check the split.',
}

type Note = Metrics['words']['notes'][number]

const writeRatioNotes = ({
  variants,
  analysis,
}: Pick<Metrics, 'variants' | 'analysis'>): Note[] => {
  const { status, reason, pValue: p } = analysis.sampleRatio
  if (status === 'mismatch') return []
  if (reason !== null)
    return [{ tone: reason === 'weights_changed' ? 'careful' : 'plain', text: whyNoRatio[reason] }]
  const users = variants.reduce((sum, { assignments }) => sum + assignments, 0)
  const text = `The split was checked: ${counted(users, 'user')} came to the variants as the weights say (p = ${pValue(p)}).`
  return [{ tone: 'plain', text }]
}

type NotesInput = Pick<
  Metrics,
  | 'variants'
  | 'analysis'
  | 'conflicts'
  | 'leftOut'
  | 'maturity'
  | 'part'
  | 'phases'
  | 'start'
  | 'from'
  | 'to'
>

const writePartNotes = ({ part, ...range }: NotesInput): Note[] =>
  part === true
    ? [
        {
          tone: 'careful',
          text: `This is a part of the results: users who came ${formatRange(range)}.`,
        },
      ]
    : []

const writeMaturityNotes = ({ maturity }: NotesInput): Note[] =>
  maturity === undefined || maturity.matured === maturity.exposedUsers
    ? []
    : [
        {
          tone: 'plain',
          text: `${count(maturity.matured)} of ${counted(maturity.exposedUsers, 'user')} have had their 7\u00a0days. Only they make a verdict.`,
        },
      ]

const writeStartNotes = ({ start, analysis }: NotesInput): Note[] => {
  if (start === undefined) return []
  const [planned, now] = [confidence(start.plannedAlpha), confidence(analysis.alpha)]
  const bar =
    planned === now
      ? 'So far the bar is the same.'
      : `The bar is higher now: a verdict must be ${now} sure, not ${planned}${analysis.progress.planned === null ? '' : ', and the planned sample grows'}.`
  const text = `It started over: this is start ${start.number} of this experiment, and users of before are in no count. Each start is another chance to see a difference that is not there. ${bar}`
  return [{ tone: 'careful', text }]
}

const writePhaseNotes = ({ phases }: NotesInput): Note[] => {
  const isCounted = (phases ?? []).filter((phase) => phase.isCounted).length
  const text = `The weights changed: ${isCounted} phases were compared each for itself, then combined.`
  return isCounted > 1 ? [{ tone: 'plain', text }] : []
}

const writeListNotes = ({ leftOut }: NotesInput): Note[] => [
  ...(leftOut && leftOut.testers > 0
    ? [
        {
          tone: 'plain' as const,
          text: `${counted(leftOut.testers, 'assigned user')} left out: they are or were testers.`,
        },
      ]
    : []),
  ...(leftOut && leftOut.list > 0
    ? [
        {
          tone: 'plain' as const,
          text: `${counted(leftOut.list, 'assigned user')} left out by the list of this experiment.`,
        },
      ]
    : []),
  ...(leftOut && leftOut.counted > 0
    ? [
        {
          tone: 'careful' as const,
          text: `${counted(leftOut.counted, 'of them was', 'of them were')} counted before. A list that is made in view of the results can make chance look like an effect. A verdict must therefore be the same with these users and without.`,
        },
      ]
    : []),
]

/** Writes the notes on the data: the part, the complete windows, the phases, the split, and who is left out. */
export const writeNotes = (metrics: NotesInput): Note[] => [
  ...writePartNotes(metrics),
  ...writeMaturityNotes(metrics),
  ...writeStartNotes(metrics),
  ...writePhaseNotes(metrics),
  ...writeRatioNotes(metrics),
  ...(metrics.conflicts > 0
    ? [
        {
          tone: 'plain' as const,
          text: `${counted(metrics.conflicts, 'user')} left out: they had one variant before they signed in, and another as the user they are.`,
        },
      ]
    : []),
  ...writeListNotes(metrics),
]
