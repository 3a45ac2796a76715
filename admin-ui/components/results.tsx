import { useEffect } from 'preact/hooks'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { readView, writeViewQuery } from '../model/results-view.ts'
import { findSequenceDomain } from '../model/sequence.ts'
import { formatAgo } from '../model/time.ts'
import { address } from '../router.ts'
import { now } from '../state/clock.ts'
import { loadResults, findResults } from '../state/results.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { DayChart } from './day-chart.tsx'
import { DifferencesToControl } from './differences-to-control.tsx'
import { Empty, LoadError, Loading } from './empty.tsx'
import { ExportButtons } from './export-buttons.tsx'
import { PhaseTable } from './phase-table.tsx'
import { PlanProgress } from './plan-progress.tsx'
import { RatioAlarm } from './ratio-alarm.tsx'
import { ResultsToolbar } from './results-toolbar.tsx'
import { Section } from './section.tsx'
import { SequenceChart } from './sequence-chart.tsx'
import { RatePlot, VariantTable } from './variant-results.tsx'
import { VerdictPanel } from './verdict-panel.tsx'

const Sequences = ({ metrics }: { readonly metrics: Metrics }) => {
  const control = metrics.baseline ?? metrics.variants[0]?.name
  const domain = findSequenceDomain(metrics.sequences)
  if (control === undefined) return null
  if (!domain)
    return (
      <p class="quiet small">
        There is no chart over time yet. It begins when the first users have had their 7 days.
      </p>
    )
  return (
    <>
      {metrics.sequences.map((sequence) => (
        <SequenceChart key={sequence.variant} {...{ sequence, domain }} control={control} />
      ))}
    </>
  )
}

const LoadedResults = ({ metrics }: { readonly metrics: Metrics }) => {
  const { words, analysis, maturity } = metrics
  const isComparable = words.tone !== 'alarm'
  return (
    <>
      {analysis.sampleRatio.status === 'mismatch' && <RatioAlarm metrics={metrics} />}
      <VerdictPanel words={words} />
      {!metrics.part && <PlanProgress progress={analysis.progress} />}
      {!metrics.part && maturity && maturity.intakeDays < maturity.minimumDays && (
        <p class="quiet small">
          {maturity.intakeDays} of {counted(maturity.minimumDays, 'day')} of the minimum duration
          have brought users who have had their 7 days.
        </p>
      )}
      {words.notes.map(({ tone, text }) => (
        <p key={text} class={tone === 'careful' ? 'warning' : 'quiet small'}>
          {text}
        </p>
      ))}
      <VariantTable metrics={metrics} />
      <PhaseTable metrics={metrics} />
      <div class="charts pair">
        {isComparable ? (
          <DifferencesToControl metrics={metrics} />
        ) : (
          <p class="quiet small main">
            {analysis.verdict.kind === 'sample_ratio_mismatch'
              ? 'With a sample ratio mismatch, differences mean nothing. They are not shown.'
              : 'There is no comparison to show.'}
          </p>
        )}
        <RatePlot metrics={metrics} />
        {isComparable && <Sequences metrics={metrics} />}
        <DayChart metrics={metrics} />
      </div>
    </>
  )
}

type NoUsersProps = { readonly experiment: Experiment; readonly isPart: boolean }

const NoUsers = ({ experiment, isPart }: NoUsersProps) =>
  isPart ? (
    <Empty title="No user came in this range" />
  ) : experiment.status === 'STOPPED' ? (
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
  const view = readView(address.value.searchParams)
  const query = writeViewQuery(view)
  const load = () => loadResults(experiment, view)
  const refresh = () => run(load)
  useEffect(() => {
    void load()
    const timer = setInterval(() => document.hidden || void load(), EVERY_MS)
    return () => clearInterval(timer)
  }, [key, version, query])
  const found = findResults(key, view)
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
          <ExportButtons experimentKey={key} query={query} />
        </div>
      }
    >
      <ResultsToolbar experiment={experiment} view={view} />
      <LoadError error={found?.error ?? null} retry={refresh} />
      {found?.metrics ? (
        found.metrics.days.length + found.metrics.conflicts > 0 || found.metrics.leftOut ? (
          <LoadedResults metrics={found.metrics} />
        ) : (
          <NoUsers experiment={experiment} isPart={view.from + view.to !== ''} />
        )
      ) : (
        !found?.error && <Loading what="the results" />
      )}
    </Section>
  )
}
