import type { Verdict } from '../analyze/index.ts'
import { count, counted, percent } from './numbers.ts'
import type { Words, WordsInput } from './words.ts'

type Reason = Extract<Verdict, { kind: 'not_enough_data' }>['reason']
type Texts = Pick<Words, 'headline' | 'detail' | 'next'>

const describePlan = ({ metrics, daysLeft }: WordsInput): Texts => {
  const { planned, smallest, fraction } = metrics.analysis.progress
  const left =
    daysLeft === null
      ? ''
      : ` At the pace of the last days, about ${counted(daysLeft, 'day')} more, the 7\u00a0days of the last users included.`
  const next = `Keep it running, and do not decide on what you see so far.${left}`
  if (planned === null)
    return {
      headline: 'No verdict before the planned sample is in',
      detail: 'Nothing counts as significant before that.',
      next,
    }
  return {
    headline: `No verdict yet: ${percent(fraction, 0)} of the planned sample is in`,
    detail: `The plan asks for ${counted(planned, 'user')} in each variant. The smallest has ${count(smallest)} so far who have had their 7\u00a0days. Nothing counts as significant before the plan is complete, however large it looks.`,
    next,
  }
}

const describeTooEarly = ({ metrics: { maturity } }: WordsInput): Texts => ({
  headline: maturity
    ? `No verdict yet: ${maturity.intakeDays} of ${counted(maturity.minimumDays, 'day')} are in`
    : 'No verdict yet: it has run for too few days',
  detail:
    'People behave differently on different days of the week. A verdict needs users of enough days who have each had 7\u00a0days to book.',
  next: 'Keep it running, and do not decide on what you see so far.',
})

const describe = (reason: Reason, input: WordsInput): Texts => {
  switch (reason) {
    case 'no_users':
      return {
        headline: 'No verdict yet: at least one variant was not seen by anyone',
        detail: 'Rates are compared among users who saw a variant.',
        next: 'If users should be arriving, check that the app asks for assignments of this experiment.',
      }
    case 'maturing':
      return {
        headline: 'No verdict yet: the first users still have time to book',
        detail:
          'A booking counts for 7\u00a0days after a user first sees a variant. A verdict counts only users whose 7\u00a0days are over, because one variant may just be faster.',
        next: 'Keep it running, and come back when the first users have had their 7\u00a0days.',
      }
    case 'no_variation':
      return {
        headline: 'No verdict yet: so far everybody booked, or nobody did',
        detail: 'There is no difference to measure.',
        next: 'If bookings should be arriving, check that `booking.confirmed` events are sent.',
      }
    case 'below_minimum':
      return {
        headline: 'No verdict yet: too few bookings',
        detail: 'With a handful of bookings, chance alone makes large differences.',
        next: 'Keep it running.',
      }
    case 'below_plan':
      return describePlan(input)
    case 'too_early':
      return describeTooEarly(input)
  }
}

const describeEnd = (reason: Reason, { metrics: { maturity } }: WordsInput) =>
  reason !== 'no_users' && maturity !== undefined && maturity.matured < maturity.exposedUsers
    ? 'It is stopped: no more users will come. Come back when all users have had their 7\u00a0days.'
    : 'It is stopped: no more users will come.'

/** Describes why there is no verdict yet. */
export const describeWait = (reason: Reason, input: WordsInput): Words => {
  const texts = describe(reason, input)
  return { tone: 'wait', ...texts, next: input.isOver ? describeEnd(reason, input) : texts.next }
}
