import type { Explanation, StepName, StepTrace } from '../../schema/evaluation.ts'

/** The outcome of a step, in the words of the Why panel. */
export const OUTCOMES: Readonly<Record<StepTrace['outcome'], string>> = {
  passed: 'matched',
  decided: 'stopped here',
  'not reached': 'not checked',
}

type Reason = (isOn: boolean) => string

const REASONS: Readonly<Record<StepName, Reason>> = {
  disabled: () => 'the flag is disabled',
  denyList: () => 'the user is on the deny list',
  allowList: () => 'the user is on the allow list',
  roles: () => 'the role does not match',
  cities: () => 'the city does not match',
  categories: () => 'no category matches',
  rollout: (isOn) => (isOn ? 'the rollout includes the user' : 'the rollout leaves the user out'),
}

/** Says why a flag has its value: "because the city does not match". */
export const describeReason = ({ value, decidedBy, errorCode }: Explanation): string => {
  if (errorCode === 'TARGETING_KEY_MISSING') return 'because the rollout needs a user id'
  if (decidedBy === null) return 'because the flag could not be evaluated'
  return `because ${REASONS[decidedBy](value)}`
}
