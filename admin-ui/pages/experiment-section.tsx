import { useLive } from '../state/live.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'
import { loadMissingResults } from '../state/results.ts'
import { ExperimentPage } from './experiment.tsx'
import { ExperimentsPage } from './experiments.tsx'
import { NewExperimentPage } from './new-experiment.tsx'

type Props = {
  /** What follows `/experiments/` in the address, as it stands there, and decoded. */
  readonly part: string | undefined
  readonly name: string
}

/** The pages under /experiments. */
export const ExperimentSection = ({ part, name }: Props) => {
  useLive(async () => {
    await loadExperiments()
    await loadMissingResults(experiments.peek().items ?? [])
  })
  if (!part) return <ExperimentsPage />
  return part === 'new' ? <NewExperimentPage /> : <ExperimentPage experimentKey={name} />
}
