import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Role } from '../../schema/key.ts'
import { launch, mayDelete, pause, revise, stop } from '../../worker/experiments/lifecycle.ts'
import { may } from '../state/session.ts'
import { lazily } from './lazily.tsx'

const ExperimentDialog = lazily(
  null,
  async () => (await import('./experiment-dialogs.tsx')).ExperimentDialog,
)

type Action = 'launch' | 'edit' | 'pause' | 'stop' | 'delete'

const NAMES: Readonly<Record<Action, string>> = {
  launch: 'Launch',
  edit: 'Edit',
  pause: 'Pause',
  stop: 'Stop',
  delete: 'Delete',
}

/** Why the life cycle does not allow it, as the server would say; null when it does. A schedule is the dialog's. */
const refusalOf = (action: Action, experiment: Experiment): string | null => {
  const now = new Date()
  const decisions = {
    launch: () => launch({ ...experiment, startAt: null, stopAt: null }, {}, now),
    edit: () => revise(experiment, {}, [], now),
    pause: () => pause(experiment),
    stop: () => stop(experiment, now),
    delete: () => {
      const refused = mayDelete(experiment)
      return refused === undefined ? {} : { refused }
    },
  }
  const decision = decisions[action]()
  return 'refused' in decision ? decision.refused : null
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
        const role = roleFor(action)
        const why = may(role) ? refusalOf(action, experiment) : `This needs the role ${role}`
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
