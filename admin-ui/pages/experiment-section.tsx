import { useSignalEffect } from '@preact/signals'
import { lazily } from '../components/lazily.tsx'
import { announcedVersion } from '../state/live.ts'
import { experiments, loadExperiments } from '../state/experiments.ts'
import { loadMissingResults } from '../state/results.ts'
import '../styles/experiments.css'

const ExperimentsPage = lazily(
  'experiments',
  async () => (await import('./experiments.tsx')).ExperimentsPage,
)

const ExperimentPage = lazily(
  'the experiment',
  async () => (await import('./experiment.tsx')).ExperimentPage,
)

const NewExperimentPage = lazily(
  'the form',
  async () => (await import('./new-experiment.tsx')).NewExperimentPage,
)

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The pages under /experiments, loaded when the first of them is opened. */
export const ExperimentSection = ({ path }: { readonly path: string }) => {
  useSignalEffect(() => {
    // Read so that every version that is announced loads again what the pages show.
    if (announcedVersion.value >= 0)
      void loadExperiments().then(() => loadMissingResults(experiments.peek().items ?? []))
  })
  const [, , part] = path.split('/')
  if (!part) return <ExperimentsPage />
  return part === 'new' ? <NewExperimentPage /> : <ExperimentPage experimentKey={decoded(part)} />
}
