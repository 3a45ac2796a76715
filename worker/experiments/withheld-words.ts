import type { Verdict } from '../analyze/index.ts'
import { counted, pValue } from './numbers.ts'
import { formatRange, type Words, type WordsInput } from './words.ts'

const describeChance = ({ metrics }: WordsInput): string => {
  const { pValue: p } = metrics.analysis.sampleRatio
  return p === null
    ? 'Users were assigned to a variant whose weight is 0.'
    : `By chance, a split at least this uneven comes about with a probability of ${p < 0.0001 ? 'less than 0.0001' : pValue(p)}.`
}

/** Describes a sample ratio mismatch. */
export const describeMismatch = (input: WordsInput): Words => ({
  tone: 'alarm',
  headline: 'No verdict: the users did not come to the variants as the weights say',
  detail: `${describeChance(input)} Users went missing, or got a variant in another way: those who are left are not comparable.`,
  next: 'Do not decide on these results. Find the cause, then start a new experiment.',
})

const INVALID = {
  fewer_than_two_variants: {
    headline: 'No verdict: there is nothing to compare',
    detail: 'A comparison takes two variants that get users at the same time.',
  },
  control_without_weight: {
    headline: 'No verdict: the control gets no users',
    detail:
      'The first variant is the control, which the others are compared with. Its weight is 0, so there is nothing to compare with.',
  },
  invalid_counts: {
    headline: 'No verdict: the counts contradict each other',
    detail: 'More users booked than saw a variant, or a count is not a number of users.',
  },
} as const

/** Describes data that allow no comparison. */
export const describeInvalid = (
  reason: Extract<Verdict, { kind: 'invalid_data' }>['reason'],
): Words => ({
  tone: 'alarm',
  ...INVALID[reason],
  next:
    reason === 'invalid_counts'
      ? 'Do not decide on these results. Find out what writes these rows.'
      : 'Do not decide on these results. Give the control and another variant a weight above 0.',
})

const describeLeftOut = (count: number) =>
  count === 1
    ? 'A user was left out after the experiment had counted this user.'
    : `${count === 0 ? 'Users' : counted(count, 'user')} were left out after the experiment had counted them.`

/** Describes a verdict that is withheld because of the question. */
export const describeWithheld = (
  reason: Extract<Verdict, { kind: 'withheld' }>['reason'],
  { metrics }: WordsInput,
): Words => {
  switch (reason) {
    case 'partial_range':
      return {
        tone: 'open',
        headline: 'No verdict on a part of the results',
        detail: `You see only the users who came ${formatRange(metrics)}. If you try enough parts, one of them shows a difference by chance.`,
        next: 'Look at the whole experiment for a verdict.',
      }
    case 'phases_unknown':
      return {
        tone: 'open',
        headline: 'No verdict: the weights changed while it ran',
        detail:
          'Users of before and after the change are mixed here. What changed over time, a sale or a holiday, can look like a difference between the variants.',
        next: 'Do not decide on these results. Start a new experiment with weights that stay.',
      }
    case 'exploration':
      return {
        tone: 'open',
        headline: `No verdict: this compares with ${metrics.baseline ?? 'another variant'}, not with the control`,
        detail:
          'The plan compares each variant with the control. If you choose the comparison after you see the numbers, chance alone can show a difference.',
        next: 'Take it as an idea, and test it in an experiment of its own.',
      }
    case 'left_out_later':
      return {
        tone: 'open',
        headline: 'No verdict: it depends on users who were left out later',
        detail: `${describeLeftOut(metrics.leftOut?.counted ?? 0)} With them, the verdict is another one. A choice of users after they have booked can make any result.`,
        next: 'Do not decide on these results. Start over, and leave users out before they are counted.',
      }
  }
}
