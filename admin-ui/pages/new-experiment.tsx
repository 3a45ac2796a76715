import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ExperimentFormFrame } from '../components/experiment-form-frame.tsx'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { useUnsavedGuard } from '../components/use-unsaved-guard.ts'
import { toExperimentSettings } from '../model/experiment-draft.ts'
import { EXPERIMENT_KEY } from '../model/key-help.ts'
import { experimentPath, PAGES } from '../page-table.ts'
import { navigate } from '../router.ts'
import { createExperimentForm } from '../state/experiment-form.ts'
import { withComment } from '../state/edit.ts'
import { createExperiment, loadExperiments } from '../state/experiments.ts'
import { useLive } from '../state/live.ts'
import { hasRole } from '../state/session.ts'

export const NewExperimentPage = () => {
  const form = useMemo(() => createExperimentForm(null), [])
  const key = useSignal('')
  useLive(loadExperiments)
  useUnsavedGuard(() => form.isTouched.value || (key.value !== '' && !form.isSaved.value))
  return (
    <Page title="New experiment">
      <ExperimentFormFrame
        form={form}
        action="Create draft"
        disabled={!hasRole('editor')}
        onCancel={() => navigate(PAGES.experiments.path)}
        onSubmit={(comment) =>
          createExperiment({
            key: key.value,
            ...toExperimentSettings(form.draft.value),
            ...withComment(comment),
          })
        }
        onDone={() => navigate(experimentPath(key.value))}
      >
        <KeyField value={key} rule={EXPERIMENT_KEY} issues={form.issuesAt('key')} />
      </ExperimentFormFrame>
    </Page>
  )
}
