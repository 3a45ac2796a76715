import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { ExperimentFormFrame } from '../components/experiment-form-frame.tsx'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { useUnsavedGuard } from '../components/use-unsaved-guard.ts'
import { settingsOf } from '../model/experiment-draft.ts'
import { EXPERIMENT_KEY } from '../model/key-help.ts'
import { experimentPath, PAGES } from '../page-table.ts'
import { navigate } from '../router.ts'
import { createExperimentForm } from '../state/experiment-form.ts'
import { because } from '../state/edit.ts'
import { createExperiment } from '../state/experiments.ts'
import { may } from '../state/session.ts'

export const NewExperimentPage = () => {
  const form = useMemo(() => createExperimentForm(null), [])
  const key = useSignal('')
  useUnsavedGuard(() => form.isTouched.value || (key.value !== '' && !form.isSaved.value))
  return (
    <Page title="New experiment">
      <ExperimentFormFrame
        form={form}
        action="Create draft"
        disabled={!may('editor')}
        onCancel={() => navigate(PAGES.experiments.path)}
        onSubmit={(comment) =>
          createExperiment({
            key: key.value,
            ...settingsOf(form.draft.value),
            ...because(comment),
          })
        }
        onDone={() => navigate(experimentPath(key.value))}
      >
        <KeyField value={key} rule={EXPERIMENT_KEY} issues={form.issuesAt('key')} />
      </ExperimentFormFrame>
    </Page>
  )
}
