import { useMemo } from 'preact/hooks'
import type { Experiment } from '../../schema/experiment.ts'
import { counted, shareText } from '../../worker/experiments/numbers.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import { createExperimentForm, type ExperimentForm } from '../state/experiment-form.ts'
import { updateExperiment } from '../state/experiments.ts'
import { countAssigned } from '../state/results.ts'
import { ExperimentFormFrame } from './experiment-form-frame.tsx'
import { Section } from './section.tsx'
import { useUnsavedGuard } from './use-unsaved-guard.ts'

/** The effect of saving on users and results. */
const Consequence = ({ form, base }: { form: ExperimentForm; base: Experiment }) => {
  const assigned = countAssigned(base.key)
  const { variants } = form.changes.value
  if (base.launchedAt === null) return null
  const shares = computeShares(variants ?? [])
  return (
    <>
      {variants && (
        <div class="warning" role="status">
          <p>
            <b>The variants change for new users only.</b> From the next launch on they get{' '}
            {variants
              .map(({ name }, index) => `${name} ${shareText(shares[index] ?? 0)}`)
              .join(', ')}
            .{' '}
            {assigned.total > 0 &&
              `${counted(assigned.total, 'assigned user')} keep their variant.`}
          </p>
          <p>
            The next launch begins a new phase. Results compare the variants within each phase, and
            then combine the phases.
          </p>
        </div>
      )}
    </>
  )
}

type Props = {
  readonly experiment: Experiment
  readonly onDone: () => void
}

/** The form of an experiment. */
export const EditExperiment = ({ experiment, onDone }: Props) => {
  const form = useMemo(() => createExperimentForm(experiment), [])
  const base = form.base ?? experiment
  useUnsavedGuard(() => form.isTouched.value)
  const isOutdated = experiment.version > base.version
  const changed = Object.keys(form.changes.value).length
  return (
    <Section title="Edit the settings">
      <ExperimentFormFrame
        form={form}
        action={changed === 0 ? 'Nothing to save' : 'Save'}
        disabled={changed === 0 || isOutdated}
        consequence={<Consequence form={form} base={base} />}
        onCancel={onDone}
        onDone={onDone}
        onSubmit={(reason) => updateExperiment(base, form.changes.value, reason)}
      >
        {base.status === 'RUNNING' && (
          <p class="quiet small">
            While it runs, you can change these settings. Pause it to change variants or the plan.
          </p>
        )}
        {isOutdated && (
          <p class="alert" role="alert">
            Someone saved this experiment while you were editing. Cancel, then edit the current
            settings.
          </p>
        )}
      </ExperimentFormFrame>
    </Section>
  )
}
