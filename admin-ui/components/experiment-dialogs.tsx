import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import { launch } from '../../worker/experiments/lifecycle.ts'
import { counted } from '../model/numbers.ts'
import {
  deleteExperiment,
  launchExperiment,
  pauseExperiment,
  stopExperiment,
} from '../state/experiments.ts'
import { resultsOf } from '../state/results.ts'
import { Dialog } from './dialog.tsx'
import { ReasonForm } from './reason-form.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { ShareBar } from './share-bar.tsx'

type Props = {
  readonly experiment: Experiment
  readonly onClose: () => void
}

type DeleteProps = Props & { readonly onDeleted: () => void }

/** The variants that someone has, as far as is known here. */
const assignedVariants = (key: string): readonly string[] =>
  (resultsOf(key)?.metrics?.variants ?? []).flatMap(({ name, assignments }) =>
    assignments > 0 ? name : [],
  )

const assignedTo = (key: string): string => {
  const variants = resultsOf(key)?.metrics?.variants
  return variants
    ? counted(
        variants.reduce((sum, { assignments }) => sum + assignments, 0),
        'assigned user',
      )
    : 'assigned users'
}

const Meaning = ({ parts }: { readonly parts: Readonly<Record<string, string>> }) => (
  <dl class="meaning">
    {Object.entries(parts).map(([what, text]) => (
      <div key={what}>
        <dt>{what}</dt>
        <dd>{text}</dd>
      </div>
    ))}
  </dl>
)

const LaunchDialog = ({ experiment, onClose }: Props) => {
  const schedule = useSignal({ startAt: experiment.startAt, stopAt: experiment.stopAt })
  const decision = launch(experiment, schedule.value, new Date(), assignedVariants(experiment.key))
  const isAgain = experiment.launchedAt !== null
  return (
    <Dialog title={`Launch ${experiment.key}?`} onClose={onClose}>
      <ShareBar variants={experiment.variants} />
      <Meaning
        parts={
          isAgain
            ? {
                'Assigned users': `${assignedTo(experiment.key)} see their old variant again.`,
                'New users': 'They get a variant by the shares above, within seconds.',
                Results: 'Counting goes on where it stopped.',
              }
            : {
                Users:
                  'Each gets a variant at the first visit, within seconds, and keeps it for ever.',
                Settings:
                  'Variants can be changed only while it is paused, and the plan should not.',
                Results: 'They appear with the first users.',
              }
        }
      />
      <ReasonForm
        action={schedule.value.startAt && !isAgain ? 'Schedule' : 'Launch'}
        disabled={'refused' in decision}
        onCancel={onClose}
        onConfirm={async (reason) => {
          await launchExperiment(experiment, schedule.value, reason)
          onClose()
        }}
      >
        <ScheduleFields
          schedule={schedule.value}
          onChange={(change) => (schedule.value = { ...schedule.value, ...change })}
          issuesAt={() => []}
          isStarted={isAgain}
        />
        {'refused' in decision && (
          <p class="warning" role="status">
            It cannot be launched: {decision.refused}.
          </p>
        )}
      </ReasonForm>
    </Dialog>
  )
}

const PauseDialog = ({ experiment, onClose }: Props) => (
  <Dialog title={`Pause ${experiment.key}?`} onClose={onClose}>
    <Meaning
      parts={{
        'Assigned users': `${assignedTo(experiment.key)} see what the app shows without a variant, until it is launched again; then each sees the old variant.`,
        'New users': 'Nobody new is assigned.',
        Results: 'They stay. Variants, weights and schedule can be changed while it is paused.',
      }}
    />
    <ReasonForm
      action="Pause"
      onCancel={onClose}
      onConfirm={async (reason) => {
        await pauseExperiment(experiment, reason)
        onClose()
      }}
    />
  </Dialog>
)

const StopDialog = ({ experiment, onClose }: Props) => {
  const typed = useSignal('')
  return (
    <Dialog title={`Stop ${experiment.key} for good?`} onClose={onClose}>
      <Meaning
        parts={{
          'Assigned users': `${assignedTo(experiment.key)} see what the app shows without a variant, from now on.`,
          'New users': 'Nobody is assigned any more.',
          Results:
            'They stay as they are and can be exported; bookings of the next 7 days still count. It cannot be launched again.',
        }}
      />
      <ReasonForm
        action="Stop for good"
        isDangerous
        disabled={typed.value.trim() !== experiment.key}
        onCancel={onClose}
        onConfirm={async (reason) => {
          await stopExperiment(experiment, reason)
          onClose()
        }}
      >
        <label htmlFor="stop-key">
          Type <span class="key">{experiment.key}</span> to confirm
        </label>
        <input
          id="stop-key"
          class="key"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={typed.value}
          onInput={(event) => (typed.value = event.currentTarget.value)}
        />
      </ReasonForm>
    </Dialog>
  )
}

const DeleteDialog = ({ experiment, onClose, onDeleted }: DeleteProps) => (
  <Dialog title={`Delete the draft ${experiment.key}?`} onClose={onClose}>
    <p>Nobody was ever assigned. The audit keeps what it was; its key becomes free.</p>
    <ReasonForm
      action="Delete"
      isDangerous
      onCancel={onClose}
      onConfirm={async (reason) => {
        await deleteExperiment(experiment, reason)
        onDeleted()
      }}
    />
  </Dialog>
)

type Asked = DeleteProps & { readonly action: 'launch' | 'pause' | 'stop' | 'delete' }

/** What a step of the life cycle means, before it is taken. */
export const ExperimentDialog = ({ action, onDeleted, ...props }: Asked) => {
  switch (action) {
    case 'launch':
      return <LaunchDialog {...props} />
    case 'pause':
      return <PauseDialog {...props} />
    case 'stop':
      return <StopDialog {...props} />
    case 'delete':
      return <DeleteDialog {...props} onDeleted={onDeleted} />
  }
}
