import type { PageMatch } from '../page-table.ts'
import { ExperimentPage } from './experiment.tsx'
import { ExperimentsPage } from './experiments.tsx'
import { NewExperimentPage } from './new-experiment.tsx'

/** The pages of experiments. One script for all of them, so that a click on the list shows the experiment at once. */
export const ExperimentSection = ({ match }: { readonly match: PageMatch }) => {
  if (match.name === 'newExperiment') return <NewExperimentPage />
  return match.key === '' ? (
    <ExperimentsPage />
  ) : (
    <ExperimentPage key={match.key} experimentKey={match.key} />
  )
}
