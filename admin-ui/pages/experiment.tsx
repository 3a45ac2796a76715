import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import { EditExperiment } from '../components/edit-experiment.tsx'
import { LoadError } from '../components/empty.tsx'
import { ExperimentActions } from '../components/experiment-actions.tsx'
import { ExperimentSettings, StatusTag } from '../components/experiment-settings.tsx'
import { MissingPage } from '../components/missing-page.tsx'
import { Page } from '../components/page.tsx'
import { Results } from '../components/results.tsx'
import { describeTiming } from '../model/experiment-status.ts'
import { PAGES } from '../page-table.ts'
import { navigate } from '../router.ts'
import { now } from '../state/clock.ts'
import { findExperiment, experiments, loadExperiments } from '../state/experiments.ts'

const LoadedExperiment = ({ experiment }: { readonly experiment: Experiment }) => {
  const isEditing = useSignal(false)
  return (
    <Page
      title={experiment.key}
      actions={
        !isEditing.value && (
          <ExperimentActions
            experiment={experiment}
            onEdit={() => (isEditing.value = true)}
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
      <LoadError error={experiments.value.error} retry={loadExperiments} />
      {isEditing.value ? (
        <EditExperiment experiment={experiment} onDone={() => (isEditing.value = false)} />
      ) : (
        <>
          {experiment.launchedAt !== null && <Results experiment={experiment} />}
          <ExperimentSettings experiment={experiment} />
        </>
      )}
    </Page>
  )
}

export const ExperimentPage = ({ experimentKey }: { readonly experimentKey: string }) => {
  const experiment = findExperiment(experimentKey)
  return experiment ? (
    <LoadedExperiment key={experimentKey} experiment={experiment} />
  ) : (
    <MissingPage
      noun="experiment"
      name={experimentKey}
      list={experiments.value}
      retry={loadExperiments}
    />
  )
}
