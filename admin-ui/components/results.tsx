import { useEffect } from 'preact/hooks'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { findSequenceDomain } from '../model/sequence.ts'
import { formatAgo } from '../model/time.ts'
import { now } from '../state/clock.ts'
import { loadResults, findResults } from '../state/results.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { DayChart } from './day-chart.tsx'
import { DifferencesToControl } from './differences-to-control.tsx'
import { Empty, LoadError, Loading } from './empty.tsx'
import { ExportButtons } from './export-buttons.tsx'
import { PlanProgress } from './plan-progress.tsx'
import { RatioAlarm } from './ratio-alarm.tsx'
import { Section } from './section.tsx'
import { SequenceChart } from './sequence-chart.tsx'
import { RatePlot, VariantTable } from './variant-results.tsx'
import { VerdictPanel } from './verdict-panel.tsx'

const Sequences = ({ metrics }: { readonly metrics: Metrics }) => {
  const [control] = metrics.variants
  const domain = findSequenceDomain(metrics.sequences)
  if (!control || !domain) return null
  return (
    <>
      {metrics.sequences.map((sequence) => (
        <SequenceChart key={sequence.variant} {...{ sequence, domain }} control={control.name} />
      ))}
    </>
  )
}

const LoadedResults = ({ metrics }: { readonly metrics: Metrics }) => {
  const { words } = metrics
  const isComparable = words.tone !== 'alarm'
  return (
    <>
      {metrics.analysis.sampleRatio.status === 'mismatch' && (
        <RatioAlarm variants={metrics.variants} />
      )}
      <VerdictPanel words={words} />
      <PlanProgress progress={metrics.analysis.progress} />
      {words.notes.map(({ tone, text }) => (
        <p key={text} class={tone === 'careful' ? 'warning' : 'quiet small'}>
          {text}
        </p>
      ))}
      <VariantTable metrics={metrics} />
      <div class="charts pair">
        {isComparable ? (
          <DifferencesToControl metrics={metrics} />
        ) : (
          <p class="quiet small main">
            With a sample ratio mismatch, differences mean nothing. They are not shown.
          </p>
        )}
        <RatePlot metrics={metrics} />
        {isComparable && <Sequences metrics={metrics} />}
        <DayChart metrics={metrics} />
      </div>
    </>
  )
}

const NoUsers = ({ experiment }: { readonly experiment: Experiment }) =>
  experiment.status === 'STOPPED' ? (
    <Empty title="No user ever came" />
  ) : (
    <Empty title="Waiting for the first user">
      <p>Results appear when an app asks for a variant.</p>
    </Empty>
  )

const EVERY_MS = 60_000

/** The results of an experiment. They load again every minute while the page is visible. */
export const Results = ({ experiment }: { readonly experiment: Experiment }) => {
  const { isBusy, run } = useBusy()
  const { key, version } = experiment
  const refresh = () => run(() => loadResults(experiment))
  useEffect(() => {
    void loadResults(experiment)
    const timer = setInterval(() => document.hidden || void loadResults(experiment), EVERY_MS)
    return () => clearInterval(timer)
  }, [key, version])
  const found = findResults(key)
  return (
    <Section
      title="Results"
      action={
        <div class="row">
          {found && found.at > 0 && (
            <span class="quiet small">
              counted {formatAgo(new Date(found.at).toISOString(), now())}
            </span>
          )}
          <Button disabled={isBusy.value} onClick={refresh}>
            Refresh
          </Button>
          <ExportButtons experimentKey={key} />
        </div>
      }
    >
      <LoadError error={found?.error ?? null} retry={refresh} />
      {found?.metrics ? (
        found.metrics.days.length + found.metrics.conflicts > 0 ? (
          <LoadedResults metrics={found.metrics} />
        ) : (
          <NoUsers experiment={experiment} />
        )
      ) : (
        !found?.error && <Loading what="the results" />
      )}
    </Section>
  )
}
