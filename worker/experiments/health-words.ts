import type {
  EventTypeCount,
  ExperimentHealth,
  Finding,
  RefusalReason,
  RowOutcomes,
} from '../../schema/experiment-health.ts'
import type { LeftOutReason } from '../../schema/people.ts'
import { listKeys } from '../../schema/record.ts'
import { counted } from './numbers.ts'

/* What became of rows, in words: what happened, what it means, and what to do. */

type Counts = Omit<ExperimentHealth, 'findings'>
/** The words of a reason: "41 exposures were refused: TEXT." */
type ReasonWords = { readonly text: string; readonly meaning: string; readonly action: string }

const IN_REJECTED = 'The answer of each batch names such rows in “rejected”, with the reason.'

const refusals: Readonly<Record<RefusalReason, ReasonWords>> = {
  VARIANT_MISMATCH: {
    text: 'the user does not have the named variant',
    meaning: 'The app shows another variant than the service assigned, or reports the wrong one.',
    action:
      'Report the variant of the last answer for this user. Do not keep variants in a shared cache, because they belong to one user.',
  },
  UNKNOWN_VARIANT: {
    text: 'the experiment has no variant of that name',
    meaning: 'The names in the app differ from those of the experiment. Capital letters count.',
    action: 'Compare the names in the app with the variants on this page.',
  },
  NOT_RUNNING: {
    text: 'the experiment did not run at that time',
    meaning: 'No user had a variant at that time, for example in a pause or after the stop.',
    action: 'After a pause or a stop, do nothing. If it runs, look at the clock of the app.',
  },
  BEFORE_LAUNCH: {
    text: 'the time is before the launch',
    meaning:
      'The app asks for the experiment before its launch, or the clock of a device is wrong.',
    action: 'Send sentAt with ts, so that the service can correct a wrong clock.',
  },
  IN_THE_FUTURE: {
    text: 'the time is in the future',
    meaning: 'The clock of a device or server is ahead.',
    action: 'Send sentAt with ts, so that the service can correct a wrong clock.',
  },
  TOO_OLD: {
    text: 'the service no longer keeps rows of that age',
    meaning: 'A device was offline for longer than the retention period.',
    action: 'If there are many, send rows sooner or keep raw rows longer (RETENTION_DAYS).',
  },
  USER_MISMATCH: {
    text: 'the user token belongs to another user',
    meaning: 'The app reports for one user with the token of another.',
    action: 'At sign-in and sign-out, send the rows that wait before the token changes.',
  },
  INVALID_REQUEST: {
    text: 'a member is wrong or missing',
    meaning: 'The service could not read these rows.',
    action: `${IN_REJECTED} It also names the wrong member.`,
  },
  EXPERIMENT_NOT_FOUND: {
    text: 'no published experiment has the key',
    meaning: 'An app has an experiment with another key, or one that is archived.',
    action: `Compare the key in the app with the one of this page. ${IN_REJECTED}`,
  },
}

const uncounted: Readonly<Record<LeftOutReason, ReasonWords>> = {
  CRAWLER: {
    text: 'came from known crawlers',
    meaning: 'Crawlers count in no result, and nothing of them is stored.',
    action: 'Nothing to do. Give the browsers of your own tests a usual user agent.',
  },
  TESTER: {
    text: 'came from testers',
    meaning: 'Testers count in no result.',
    action: 'Nothing to do.',
  },
  LEFT_OUT: {
    text: 'came from users who are left out',
    meaning: 'They count in no result.',
    action: 'Nothing to do.',
  },
}

/** A share of repeated rows up to which lost answers are an explanation. */
const USUAL_REPEATED = 0.05
/** Fewer than this say nothing about a share. */
const FEW_REPEATED = 20

const describeRepeated = ({ accepted, repeated }: RowOutcomes, noun: string): Finding[] => {
  if (repeated === 0) return []
  const isUsual = repeated < FEW_REPEATED || repeated <= (accepted + repeated) * USUAL_REPEATED
  return [
    {
      tone: isUsual ? 'plain' : 'careful',
      text: `${counted(repeated, noun)} came again and counted once.`,
      meaning: isUsual
        ? 'Apps send rows again after a lost answer.'
        : 'Apps send rows again after a lost answer. These are more than usual.',
      action: isUsual
        ? 'Nothing to do.'
        : 'Check that the app makes a new id for each row, and waits for the answer before it sends again.',
    },
  ]
}

const describeRefused = ({ refused }: RowOutcomes, noun: string): Finding[] =>
  listKeys(refusals).flatMap((reason) => {
    const { text, ...words } = refusals[reason]
    const rows = refused[reason] ?? 0
    if (rows === 0) return []
    const were = rows === 1 ? 'was' : 'were'
    return [{ tone: 'careful', text: `${counted(rows, noun)} ${were} refused: ${text}.`, ...words }]
  })

const describeUncounted = (outcomes: RowOutcomes, noun: string): Finding[] =>
  listKeys(uncounted).flatMap((reason) => {
    const { text, ...words } = uncounted[reason]
    const rows = outcomes.uncounted[reason] ?? 0
    return rows === 0 ? [] : [{ tone: 'plain', text: `${counted(rows, noun)} ${text}.`, ...words }]
  })

const describeSuggestion = ({ type, count, didYouMean }: EventTypeCount): Finding[] =>
  didYouMean === undefined
    ? []
    : [
        {
          tone: 'careful',
          text: `${counted(count, 'event')} of the type ${type} ${count === 1 ? 'counts' : 'count'} in no result. Did you mean ${didYouMean}?`,
          meaning: 'Results know an event by its exact type. These events are stored under theirs.',
          action: `If they are the same, send the type ${didYouMean}. Stored events keep their type.`,
        },
      ]

/** So many exposures without one booking are no chance. */
const MANY_EXPOSURES = 100

const describeMissingBookings = ({ exposures, eventTypes }: Counts): Finding[] =>
  exposures.accepted < MANY_EXPOSURES || eventTypes.some(({ type }) => type === 'booking.confirmed')
    ? []
    : [
        {
          tone: 'careful',
          text: `No event of the type booking.confirmed arrived, but ${counted(exposures.accepted, 'exposure')} did.`,
          meaning: 'Without bookings, all variants have a rate of zero.',
          action: 'Check that the app reports bookings, and that its key may send events.',
        },
      ]

const MAX_NAMES = 5

const describeOtherTypes = ({ eventTypes, otherEvents }: Counts): Finding[] => {
  const others = eventTypes.filter(
    ({ isCounted, didYouMean }) => !isCounted && didYouMean === undefined,
  )
  const total = others.reduce((all, { count }) => all + count, otherEvents)
  if (total === 0) return []
  const names = others.slice(0, MAX_NAMES).map(({ type }) => type)
  const more = others.length > names.length || otherEvents > 0 ? ' and others' : ''
  const types = names.length > 0 ? ` Types: ${names.join(', ')}${more}.` : ''
  return [
    {
      tone: 'plain',
      text: `${counted(total, 'event')} of ${total === 1 ? 'another type counts' : 'other types count'} in no result.${types}`,
      meaning: 'Results count the types booking.confirmed and event.viewed.',
      action: 'Nothing to do, if you keep them for another use.',
    },
  ]
}

/** Describes what became of rows. What to look at comes first. */
export const describeHealth = (counts: Counts): Finding[] => {
  const { exposures, otherExposures, events, eventTypes } = counts
  const findings = [
    ...describeRefused(exposures, 'exposure'),
    ...eventTypes.flatMap(describeSuggestion),
    ...describeMissingBookings(counts),
    ...describeRefused(events, 'event'),
    ...describeRefused(otherExposures, 'other exposure'),
    ...describeRepeated(exposures, 'exposure'),
    ...describeRepeated(events, 'event'),
    ...describeUncounted(exposures, 'visit'),
    ...describeUncounted(events, 'event'),
    ...describeOtherTypes(counts),
  ]
  return findings.toSorted((a, b) => Number(a.tone === 'plain') - Number(b.tone === 'plain'))
}
