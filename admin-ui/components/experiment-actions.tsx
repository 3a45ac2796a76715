import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import { STEPS, stepsFrom, type Step } from '../model/steps.ts'
import { ActionButton } from './action-button.tsx'
import { ExperimentDialog } from './experiment-dialog.tsx'

type Props = {
  readonly experiment: Experiment
  readonly onEdit: () => void
  readonly onDeleted: () => void
}

/** What can be done with it; what cannot is there as well, and says why. */
export const ExperimentActions = ({ experiment, onEdit, onDeleted }: Props) => {
  const asked = useSignal<Step | null>(null)
  const isRunning = experiment.status === 'RUNNING'
  return (
    <>
      {stepsFrom(experiment).map((step) =>
        step === 'edit' ? (
          <ActionButton
            key={step}
            needs="editor"
            whyNot={isRunning ? 'It is running: pause it first' : undefined}
            onClick={onEdit}
          >
            Edit
          </ActionButton>
        ) : (
          <ActionButton
            key={step}
            needs={step === 'delete' ? 'admin' : 'editor'}
            class={step === 'launch' ? 'primary' : undefined}
            onClick={() => (asked.value = step)}
          >
            {STEPS[step].name}
          </ActionButton>
        ),
      )}
      {asked.value && (
        <ExperimentDialog
          step={asked.value}
          {...{ experiment, onDeleted }}
          onClose={() => (asked.value = null)}
        />
      )}
    </>
  )
}
