import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import { DecisionSection } from '../components/decision.tsx'
import { EditExperiment } from '../components/edit-experiment.tsx'
import { LoadError } from '../components/empty.tsx'
import { ExperimentActions } from '../components/experiment-actions.tsx'
import { ExperimentSettings, StatusTag } from '../components/experiment-settings.tsx'
import { Health } from '../components/health.tsx'
import { MissingPage } from '../components/missing-page.tsx'
import { Page } from '../components/page.tsx'
import { People } from '../components/people.tsx'
import { Results } from '../components/results.tsx'
import { describeTiming } from '../model/experiment-status.ts'
import { PAGES } from '../page-table.ts'
import { confirmLeaving, navigate } from '../router.ts'
import { now } from '../state/clock.ts'
import { findExperiment, loadExperiment } from '../state/experiments.ts'
import { useLive } from '../state/live.ts'

const LoadedExperiment = ({ experiment }: { readonly experiment: Experiment }) => {
  const isEditing = useSignal(false)
  /** The form of the lists may be open and has a draft, which the form of the settings replaces. */
  const edit = () => {
    if (confirmLeaving()) isEditing.value = true
  }
  return (
    <Page
      title={experiment.key}
      actions={
        !isEditing.value && (
          <ExperimentActions
            experiment={experiment}
            onEdit={edit}
            onDeleted={() => navigate(PAGES.experiments.path)}
          />
        )
      }
    >
      <div class="stack tight narrow">
        <p>
          <StatusTag experiment={experiment} />{' '}
          <span class="quiet">{describeTiming(experiment, now())}</span>
        </p>
        {experiment.description && <p dir="auto">{experiment.description}</p>}
      </div>
      <LoadError
        error={findExperiment(experiment.key)?.error}
        retry={() => loadExperiment(experiment.key)}
      />
      {isEditing.value ? (
        <EditExperiment experiment={experiment} onDone={() => (isEditing.value = false)} />
      ) : (
        <>
          {experiment.status === 'STOPPED' && <DecisionSection experiment={experiment} />}
          {experiment.launchedAt !== null && <Results experiment={experiment} />}
          <Health experimentKey={experiment.key} />
          <ExperimentSettings experiment={experiment} />
          <People experiment={experiment} />
        </>
      )}
    </Page>
  )
}

export const ExperimentPage = ({ experimentKey }: { readonly experimentKey: string }) => {
  const load = () => loadExperiment(experimentKey)
  useLive(load)
  const found = findExperiment(experimentKey)
  return found?.experiment ? (
    <LoadedExperiment experiment={found.experiment} />
  ) : (
    <MissingPage
      noun="experiment"
      name={experimentKey}
      list={{ items: found && found.error === null ? [] : null, error: found?.error ?? null }}
      retry={load}
    />
  )
}
