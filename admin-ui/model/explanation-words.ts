import type { Explanation, StepName, StepTrace } from '../../schema/evaluation.ts'

/** The steps that a user passes without matching anything. */
const PASSED: Readonly<Partial<Record<StepName, string>>> = {
  disabled: 'passed',
  targets: 'none matches',
  denyList: 'not listed',
  allowList: 'not listed',
}

/** Says what happened at a step, in the words of the Why panel. */
export const describeOutcome = ({ step, outcome }: StepTrace): string => {
  switch (outcome) {
    case 'passed':
      return PASSED[step] ?? 'matched'
    case 'decided':
      return 'stopped here'
    case 'not reached':
      return 'not checked'
  }
}

/** Writes what a user gets: on or off, or the variant. */
export const describeServed = ({ value, variant }: Explanation, isFirst = false): string => {
  if (variant !== undefined) return variant
  return value === true ? (isFirst ? 'On' : 'on') : isFirst ? 'Off' : 'off'
}

type Reason = (isOn: boolean) => string

const REASONS: Readonly<Record<StepName, Reason>> = {
  disabled: () => 'the flag is disabled',
  denyList: () => 'the user is on the deny list',
  allowList: () => 'the user is on the allow list',
  targets: () => 'a target matches',
  roles: () => 'the role does not match',
  cities: () => 'the city does not match',
  categories: () => 'no category matches',
  conditions: () => 'a condition does not hold',
  rollout: (isOn) => (isOn ? 'the rollout includes the user' : 'the rollout leaves the user out'),
}

/** Says why a flag has its value: "because the city does not match". */
export const describeReason = ({
  value,
  variant,
  reason,
  decidedBy,
  errorCode,
}: Explanation): string => {
  if (errorCode === 'TARGETING_KEY_MISSING') return 'because the rollout needs a user id'
  if (decidedBy === null) return 'because the flag could not be evaluated'
  return `because ${REASONS[decidedBy](variant === undefined ? value === true : reason !== 'DEFAULT')}`
}
