import type { Metrics } from '../../schema/metrics.ts'
import { confidence, percent, points } from './numbers.ts'
import { whyNoComparison } from './reasons.ts'
import { describeWait } from './wait-words.ts'
import { describeInvalid, describeMismatch, describeWithheld } from './withheld-words.ts'
import type { Words, WordsInput } from './words.ts'

type Analysis = Metrics['analysis']
type Comparison = Analysis['comparisons'][number]
type Verdict = Analysis['verdict']

const describeInterval = ({ alwaysValidLift: lift }: Comparison): string =>
  lift.reason === null
    ? `between ${points(lift.lower)} and ${points(lift.upper)} percentage points`
    : ''

const describeRates = ({ control, variant, adjustedRates }: Comparison): string =>
  adjustedRates === undefined
    ? ''
    : `${percent(adjustedRates.variant)} of the users who saw ${variant} booked, ${percent(adjustedRates.control)} of those who saw ${control}. `

const describeNoDifference = ({ metrics: { analysis }, isOver }: WordsInput): Words => {
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

type Difference = Extract<Verdict, { readonly variant: string }>

const findDifference = (verdict: Difference, { metrics: { analysis } }: WordsInput) =>
  analysis.comparisons.find(({ variant }) => variant === verdict.variant)

const describeDecision = (verdict: Difference, input: WordsInput): Words => {
  const { control, variant } = verdict
  const kind = verdict.kind === 'better' ? 'better' : 'worse'
  const compared = findDifference(verdict, input)
  const detail = compared
    ? `${describeRates(compared)}The true difference lies ${describeInterval(compared)}: ${confidence(input.metrics.analysis.alpha)} sure, however often you look.`
    : ''
  const over = input.isOver ? '' : 'Stop the experiment and '
  const next = `${over}${kind === 'better' ? `make ${variant} what everybody gets` : `keep ${control}`}.`
  return {
    tone: kind,
    headline: `${variant} sells ${kind} than ${control}`,
    detail,
    next: next.charAt(0).toUpperCase() + next.slice(1),
  }
}

const describeUnplanned = (verdict: Difference, input: WordsInput): Words => {
  const { control, variant } = verdict
  const compared = findDifference(verdict, input)
  const side = verdict.kind === 'unplanned_better' ? 'better' : 'worse'
  const difference = compared ? `The difference lies ${describeInterval(compared)}. ` : ''
  return {
    tone: 'open',
    headline: `Unplanned: ${variant} sells ${side} than ${control} so far`,
    detail: `${compared ? describeRates(compared) : ''}${difference}The experiment has no plan, so nobody said beforehand what to look for and how long.`,
    next: 'Take it as an idea. To be sure, launch a new experiment with a plan.',
  }
}

/** Describes the verdict on the experiment for a reader who is no statistician. */
export const describeResults = (input: WordsInput): Words => {
  const { verdict } = input.metrics.analysis
  switch (verdict.kind) {
    case 'sample_ratio_mismatch':
      return describeMismatch(input)
    case 'invalid_data':
      return describeInvalid(verdict.reason)
    case 'withheld':
      return describeWithheld(verdict.reason, input)
    case 'not_enough_data':
      return describeWait(verdict.reason, input)
    case 'no_detectable_difference':
      return describeNoDifference(input)
    case 'better':
    case 'worse':
      return describeDecision(verdict, input)
    case 'unplanned_better':
    case 'unplanned_worse':
      return describeUnplanned(verdict, input)
  }
}

const WAITING = {
  no_users: 'not enough data',
  maturing: 'users still have time to book',
  no_variation: 'not enough data',
  below_minimum: 'not enough data',
  below_plan: 'not significant before the plan',
  too_early: 'not enough days yet',
} as const

const WITHHELD = {
  partial_range: 'a part: no verdict',
  phases_unknown: 'withheld',
  exploration: 'an exploration: no verdict',
  left_out_later: 'withheld: it depends on users who were left out',
} as const

/** Describes one comparison in a few words, for its row in a table. */
export const describeComparison = (comparison: Comparison): string => {
  const { verdict, variant, alwaysValidLift, zTest } = comparison
  if (verdict.kind === 'not_enough_data' && verdict.reason === 'maturing') return WAITING.maturing
  const reason = alwaysValidLift.reason ?? zTest.reason
  if (reason !== null) return whyNoComparison[reason]
  switch (verdict.kind) {
    case 'sample_ratio_mismatch':
    case 'invalid_data':
      return 'withheld'
    case 'withheld':
      return WITHHELD[verdict.reason]
    case 'not_enough_data':
      return WAITING[verdict.reason]
    case 'no_detectable_difference':
      return 'not significant'
    case 'better':
    case 'worse':
      return `significant: ${variant} sells ${verdict.kind}`
    case 'unplanned_better':
      return `unplanned: ${variant} sells better so far`
    case 'unplanned_worse':
      return `unplanned: ${variant} sells worse so far`
  }
}
