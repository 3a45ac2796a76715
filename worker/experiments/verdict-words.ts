import type { Metrics } from '../../schema/metrics.ts'
import type { Analysis, Comparison, Verdict } from '../analyze/index.ts'
import { count, counted, percent, points, pValue } from './numbers.ts'
import { whyNoComparison } from './reasons.ts'

type Words = Pick<Metrics['words'], 'tone' | 'headline' | 'detail' | 'next'>

type WordsInput = {
  readonly analysis: Analysis
  /** Stopped: no more users will come. */
  readonly isOver: boolean
  /** Days until the plan is complete, if that can be said. */
  readonly daysLeft: number | null
}

const describeInterval = ({ alwaysValidLift: lift }: Comparison): string =>
  lift.reason === null
    ? `between ${points(lift.lower)} and ${points(lift.upper)} percentage points`
    : ''

/** "95 %": never rounded up, and without the noise of binary fractions, which a subtraction from 1 would show. */
const formatConfidence = ({ alpha }: Analysis): string => `${100 - 100 * alpha}\u00a0%`

const rateText = ({ rates }: Analysis, name: string): string => {
  const rate = rates.find(({ variant }) => variant === name)?.rate
  return rate?.value == null ? 'an unknown share' : percent(rate.value)
}

const describeWait = (
  reason: Extract<Verdict, { kind: 'not_enough_data' }>['reason'],
  { analysis, isOver, daysLeft }: WordsInput,
): Words => {
  const { progress } = analysis
  const wait = (headline: string, detail: string, next: string): Words => ({
    tone: 'wait',
    headline,
    detail,
    next: isOver ? 'It is stopped: no more users will come.' : next,
  })
  switch (reason) {
    case 'no_users':
      return wait(
        'No verdict yet: at least one variant was not seen by anyone',
        'Rates are compared among users who saw a variant.',
        'If users should be arriving, check that the app asks for assignments of this experiment.',
      )
    case 'no_variation':
      return wait(
        'No verdict yet: so far everybody booked, or nobody did',
        'There is no difference to measure.',
        'If bookings should be arriving, check that `booking.confirmed` events are sent.',
      )
    case 'below_minimum':
      return wait(
        'No verdict yet: too few bookings',
        'With a handful of bookings, chance alone makes large differences.',
        'Keep it running.',
      )
    case 'below_plan': {
      const { planned, smallest, fraction } = progress
      const left =
        daysLeft === null
          ? ''
          : ` At the pace of the last days, about ${counted(daysLeft, 'day')} more.`
      return wait(
        planned === null
          ? 'No verdict before the planned sample is in'
          : `No verdict yet: ${percent(fraction, 0)} of the planned sample is in`,
        planned === null
          ? 'Nothing counts as significant before that.'
          : `${count(smallest)} of ${counted(planned, 'user')} in the smallest variant. Nothing counts as significant before the plan is complete, however large it looks.`,
        `Keep it running, and do not decide on what you see so far.${left}`,
      )
    }
  }
}

const describeNoDifference = ({ analysis, isOver }: WordsInput): Words => {
  const [only, ...more] = analysis.comparisons
  const isComplete = analysis.progress.reached === true
  const detail =
    only && more.length === 0
      ? `What ${only.variant} adds to ${only.control} lies ${describeInterval(only)}; no difference at all is among the possibilities.`
      : 'For every variant, no difference to the control is among the possibilities.'
  return {
    tone: 'open',
    headline: isComplete ? 'No difference was found' : 'No difference found so far',
    detail: `${detail} That is no proof that there is none.`,
    next: isOver
      ? 'Keep what costs less to run, or plan a larger experiment.'
      : isComplete
        ? 'The planned sample is in: an effect of the size planned for would most likely have shown. Stop it and keep what costs less, or go on to narrow the interval.'
        : 'Keep it running, or stop it when a difference this small would not matter to you.',
  }
}

const describeDecision = (
  verdict: Extract<Verdict, { kind: 'better' | 'worse' }>,
  input: WordsInput,
): Words => {
  const { analysis, isOver } = input
  const { kind, control, variant } = verdict
  const compared = analysis.comparisons.find((comparison) => comparison.variant === variant)
  const rates = `${rateText(analysis, variant)} of the users who saw ${variant} booked, ${rateText(analysis, control)} of those who saw ${control}.`
  const between = compared
    ? ` The true difference lies ${describeInterval(compared)}: ${formatConfidence(analysis)} sure, however often you look.`
    : ''
  const over = isOver ? '' : 'Stop the experiment and '
  const next = `${over}${kind === 'better' ? `make ${variant} what everybody gets` : `keep ${control}`}.`
  return {
    tone: kind,
    headline: `${variant} sells ${kind} than ${control}`,
    detail: rates + between,
    next: next.charAt(0).toUpperCase() + next.slice(1),
  }
}

const describeChance = ({ sampleRatio: { pValue: p } }: Analysis): string =>
  p === null
    ? 'Users were assigned to a variant whose weight is 0.'
    : `By chance, a split at least this uneven comes about with a probability of ${p < 0.0001 ? 'less than 0.0001' : pValue(p)}.`

/** Describes the verdict on the experiment for a reader who is no statistician. */
export const describeResults = (input: WordsInput): Words => {
  const { verdict } = input.analysis
  switch (verdict.kind) {
    case 'sample_ratio_mismatch':
      return {
        tone: 'alarm',
        headline: 'No verdict: the users did not come to the variants as the weights say',
        detail: `${describeChance(input.analysis)} Users went missing, or got a variant in another way: those who are left are not comparable.`,
        next: 'Do not decide on these results. Find the cause, then start a new experiment.',
      }
    case 'invalid_data':
      return {
        tone: 'alarm',
        headline:
          verdict.reason === 'fewer_than_two_variants'
            ? 'No verdict: there is nothing to compare'
            : 'No verdict: the counts contradict each other',
        detail:
          verdict.reason === 'fewer_than_two_variants'
            ? 'A comparison takes two variants.'
            : 'More users booked than saw a variant, or a count is not a number of users.',
        next: 'Do not decide on these results. Find out what writes these rows.',
      }
    case 'not_enough_data':
      return describeWait(verdict.reason, input)
    case 'no_detectable_difference':
      return describeNoDifference(input)
    case 'better':
    case 'worse':
      return describeDecision(verdict, input)
  }
}

/** Describes one comparison in a few words, for its row in a table. */
export const describeComparison = (comparison: Comparison): string => {
  const { verdict, variant, alwaysValidLift, zTest } = comparison
  const reason = alwaysValidLift.reason ?? zTest.reason
  if (reason !== null) return whyNoComparison[reason]
  switch (verdict.kind) {
    case 'sample_ratio_mismatch':
    case 'invalid_data':
      return 'withheld'
    case 'not_enough_data':
      return verdict.reason === 'below_plan' ? 'not significant before the plan' : 'not enough data'
    case 'no_detectable_difference':
      return 'not significant'
    case 'better':
    case 'worse':
      return `significant: ${variant} sells ${verdict.kind}`
  }
}
