import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import { launchProblem } from '../../worker/experiments/lifecycle.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { now } from '../state/clock.ts'
import { describeStep, isFinal, type Step } from '../model/steps.ts'
import { takeStep } from '../state/experiments.ts'
import { countAssigned } from '../state/results.ts'
import { Confirm } from './confirm.tsx'
import { Field } from './field.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { ShareBar } from './share-bar.tsx'
import { Terms } from './terms.tsx'

type Props = {
  readonly step: Step
  readonly experiment: Experiment
  readonly onDeleted: () => void
}

type StartOverProps = {
  readonly isOn: boolean
  readonly assigned: string
  readonly onChange: (isOn: boolean) => void
}

/** Whether a launch after a pause begins the results anew. */
const StartOver = ({ isOn, assigned, onChange }: StartOverProps) => (
  <>
    <label class="row">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      Start the results over
    </label>
    {isOn && (
      <p class="warning" role="status">
        <b>The results so far leave the verdict for good.</b> Only users who are assigned from now
        on count. {assigned} keep their variants and do not count.
      </p>
    )}
  </>
)

/** Explains a step of the life cycle and asks before it is taken. */
export const ExperimentDialog = ({ step, experiment, onDeleted }: Props) => {
  const { key, startAt, stopAt, launchedAt, variants } = experiment
  const isRerun = step === 'rerun'
  const schedule = useSignal(isRerun ? { startAt: null, stopAt: null } : { startAt, stopAt })
  const startOver = useSignal(false)
  const typed = useSignal('')
  const isLaunch = step === 'launch' || isRerun
  const mustType = isFinal(step, experiment)
  const description = describeStep(step, experiment)
  const assigned = countAssigned(key)
  const problem =
    isLaunch && launchProblem({ ...experiment, ...schedule.value }, new Date(), assigned.names)
  const isScheduled = isLaunch && Date.parse(schedule.value.startAt ?? '') > now()
  const users = assigned.isKnown ? counted(assigned.total, 'assigned user') : 'assigned users'
  return (
    <Confirm
      title={`${description.name} ${key}?`}
      about={
        <>
          {isLaunch && <ShareBar variants={variants} />}
          <Terms of={Object.entries(description.meaning(users))} />
        </>
      }
      action={isScheduled ? 'Schedule' : (description.action ?? description.name)}
      isDangerous={description.isDangerous || startOver.value}
      isReasonRequired={step === 'delete' && mustType}
      disabled={Boolean(problem) || (mustType && typed.value.trim() !== key)}
      onConfirm={async (reason) => {
        await takeStep(step, experiment, reason, {
          ...schedule.value,
          ...(startOver.value && { startOver: true }),
        })
        if (step === 'delete') onDeleted()
      }}
    >
      {isLaunch && (
        <ScheduleFields
          schedule={schedule.value}
          onChange={(change) => (schedule.value = { ...schedule.value, ...change })}
          isStarted={launchedAt !== null && !isRerun}
        />
      )}
      {step === 'launch' && launchedAt !== null && (
        <StartOver
          isOn={startOver.value}
          assigned={users}
          onChange={(isOn) => (startOver.value = isOn)}
        />
      )}
      {problem && (
        <p class="warning" role="status">
          It cannot be launched: {problem}.
        </p>
      )}
      {mustType && (
        <Field
          label={`Type ${key} to confirm`}
          class="key"
          autofocus
          autocapitalize="none"
          spellcheck={false}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      )}
    </Confirm>
  )
}
