import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Role } from '../../schema/key.ts'
import { may } from '../state/session.ts'
import { ExperimentDialog } from './experiment-dialogs.tsx'

type Action = 'launch' | 'edit' | 'pause' | 'stop' | 'delete'

const NAMES: Readonly<Record<Action, string>> = {
  launch: 'Launch',
  edit: 'Edit',
  pause: 'Pause',
  stop: 'Stop',
  delete: 'Delete',
}

/** What can be done with it; what cannot is there as well, and says why. */
const actionsFor = ({ status }: Experiment): readonly Action[] => {
  switch (status) {
    case 'DRAFT':
      return ['launch', 'edit', 'delete']
    case 'RUNNING':
      return ['pause', 'edit', 'stop']
    case 'PAUSED':
      return ['launch', 'edit', 'stop']
    case 'STOPPED':
      return []
  }
}

const roleFor = (action: Action): Role => (action === 'delete' ? 'admin' : 'editor')

/** Why this cannot be done; null when it can. What else stands against it, the dialog and the server say. */
const whyNot = (action: Action, { status }: Experiment): string | null => {
  if (!may(roleFor(action))) return `This needs the role ${roleFor(action)}`
  return action === 'edit' && status === 'RUNNING' ? 'It is running: pause it first' : null
}

type Props = {
  readonly experiment: Experiment
  readonly onEdit: () => void
  readonly onDeleted: () => void
}

export const ExperimentActions = ({ experiment, onEdit, onDeleted }: Props) => {
  const asked = useSignal<Action | null>(null)
  const close = () => (asked.value = null)
  return (
    <>
      {actionsFor(experiment).map((action) => {
        const why = whyNot(action, experiment)
        return (
          <button
            key={action}
            type="button"
            class={action === 'launch' ? 'primary' : undefined}
            disabled={why !== null}
            title={why ?? undefined}
            onClick={() => (action === 'edit' ? onEdit() : (asked.value = action))}
          >
            {NAMES[action]}
          </button>
        )
      })}
      {asked.value !== null && asked.value !== 'edit' && (
        <ExperimentDialog {...{ experiment, onDeleted }} action={asked.value} onClose={close} />
      )}
    </>
  )
}
