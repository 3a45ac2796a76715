import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import type { Experiment } from '../../schema/experiment.ts'
import { ExperimentFormFrame } from '../components/experiment-form-frame.tsx'
import { MissingPage } from '../components/missing-page.tsx'
import { KeyField } from '../components/key-field.tsx'
import { Page } from '../components/page.tsx'
import { useUnsavedGuard } from '../components/use-unsaved-guard.ts'
import { NEW_EXPERIMENT, toCopy, toExperimentSettings } from '../model/experiment-draft.ts'
import { EXPERIMENT_KEY } from '../model/key-help.ts'
import { experimentPath, PAGES } from '../page-table.ts'
import { address, navigate } from '../router.ts'
import { createExperimentForm } from '../state/experiment-form.ts'
import { withComment } from '../state/edit.ts'
import {
  createExperiment,
  findExperiment,
  loadExperiment,
  loadExperiments,
} from '../state/experiments.ts'
import { useLive } from '../state/live.ts'
import { hasRole, me } from '../state/session.ts'

const Form = ({ original }: { readonly original: Experiment | null }) => {
  const owner = me.value?.actor ?? ''
  const start = original ? toCopy(original, owner) : { ...NEW_EXPERIMENT, owner }
  const form = useMemo(() => createExperimentForm(null, start), [])
  const key = useSignal('')
  useLive(loadExperiments)
  useUnsavedGuard(() => form.isTouched.value || (key.value !== '' && !form.isSaved.value))
  return (
    <Page title={original ? `Copy of ${original.key}` : 'New experiment'}>
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

/** The page of a new experiment. The parameter `from` names an experiment to copy. */
export const NewExperimentPage = () => {
  const from = address.value.searchParams.get('from') ?? ''
  const load = () => loadExperiment(from)
  useLive(async () => {
    if (from !== '') await load()
  })
  const found = findExperiment(from)
  if (from === '') return <Form original={null} />
  return found?.experiment ? (
    <Form original={found.experiment} />
  ) : (
    <MissingPage
      noun="experiment"
      name={from}
      list={{ items: found && found.error === null ? [] : null, error: found?.error ?? null }}
      retry={load}
    />
  )
}
