import type { PageMatch } from '../page-table.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'
import { useLive } from '../state/live.ts'
import { loadStaleResults } from '../state/results.ts'
import { ExperimentPage } from './experiment.tsx'
import { ExperimentsPage } from './experiments.tsx'
import { NewExperimentPage } from './new-experiment.tsx'

/** The pages of experiments. One component for all of them, so that the list is not loaded again on each. */
export const ExperimentSection = ({ match }: { readonly match: PageMatch }) => {
  useLive(async () => {
    await loadExperiments()
    await loadStaleResults(experiments.peek().items ?? [])
  })
  if (match.name === 'newExperiment') return <NewExperimentPage />
  return match.key === '' ? <ExperimentsPage /> : <ExperimentPage experimentKey={match.key} />
}
