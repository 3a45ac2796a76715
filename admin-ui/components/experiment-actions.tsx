import type { Experiment } from '../../schema/experiment.ts'
import { STEPS, listSteps } from '../model/steps.ts'
import { copyPath } from '../page-table.ts'
import { navigate } from '../router.ts'
import { Button } from './button.tsx'
import { openDialog } from './dialog.tsx'
import { ExperimentDialog } from './experiment-dialog.tsx'

type Props = {
  readonly experiment: Experiment
  readonly onEdit: () => void
  readonly onDeleted: () => void
}

/** The actions of an experiment. */
export const ExperimentActions = ({ experiment, onEdit, onDeleted }: Props) => (
  <>
    {listSteps(experiment).map((step) =>
      step === 'edit' ? (
        <Button key={step} needs="editor" onClick={onEdit}>
          Edit
        </Button>
      ) : (
        <Button
          key={step}
          needs={step === 'delete' ? 'admin' : 'editor'}
          class={step === 'launch' ? 'primary' : undefined}
          onClick={() => openDialog(<ExperimentDialog {...{ step, experiment, onDeleted }} />)}
        >
          {STEPS[step].name}
        </Button>
      ),
    )}
    <Button needs="editor" onClick={() => navigate(copyPath(experiment.key))}>
      Copy
    </Button>
  </>
)
