import type { Experiment } from '../../schema/experiment.ts'
import { experimentPath } from '../page-table.ts'
import { describeDecision } from '../model/decision.ts'
import { describeTiming } from '../model/experiment-status.ts'
import { now } from '../state/clock.ts'
import { findResults } from '../state/results.ts'
import { Clamped } from './clamped.tsx'
import { StatusTag } from './experiment-settings.tsx'
import { PlanProgress } from './plan-progress.tsx'
import { ShareBar } from './share-bar.tsx'

const describeNoUsers = ({ status }: Experiment) =>
  status === 'STOPPED' ? 'No user ever came' : 'Waiting for the first user'

const SoFar = ({ experiment }: { readonly experiment: Experiment }) => {
  if (experiment.launchedAt === null) return <p class="quiet">Results appear after the launch</p>
  const found = findResults(experiment.key)
  if (!found) return <p class="quiet">Counting…</p>
  if (!found.metrics) return <p class="quiet">Results could not be loaded. {found.error}</p>
  const { metrics } = found
  return (
    <>
      <p class="so-far" data-tone={metrics.words.tone}>
        {metrics.days.length > 0 ? metrics.words.headline : describeNoUsers(experiment)}
      </p>
      {experiment.decision && (
        <p class="small">Decision: {describeDecision(experiment.decision)}</p>
      )}
      <PlanProgress progress={metrics.analysis.progress} />
    </>
  )
}

const Item = ({ experiment }: { readonly experiment: Experiment }) => (
  <li>
    <div class="stack tight">
      <h2>
        <a class="key" href={experimentPath(experiment.key)}>
          {experiment.key}
        </a>{' '}
        <StatusTag experiment={experiment} />
      </h2>
      <Clamped text={experiment.description} />
      <p class="quiet small">{describeTiming(experiment, now())}</p>
    </div>
    <ShareBar variants={experiment.variants} />
    <div>
      <SoFar experiment={experiment} />
    </div>
  </li>
)

export const ExperimentList = ({ shown }: { readonly shown: readonly Experiment[] }) => (
  <ul class="experiments">
    {shown.map((experiment) => (
      <Item key={experiment.key} experiment={experiment} />
    ))}
  </ul>
)
