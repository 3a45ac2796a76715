import type { Experiment, Plan } from '../../schema/experiment.ts'
import { describePlan } from '../model/experiment-diff.ts'
import { formatInstant, getStatus, STATUSES, type ShownStatus } from '../model/experiment-status.ts'
import { formatUtc } from '../model/local-time.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { now } from '../state/clock.ts'
import { AuditLink } from './audit-link.tsx'
import { Section } from './section.tsx'
import { ShareBar } from './share-bar.tsx'
import { Terms } from './terms.tsx'
import { useSampleSize } from './use-sample-size.ts'

const TONES: Readonly<Partial<Record<ShownStatus, string>>> = {
  RUNNING: 'good',
  SCHEDULED: 'careful',
  PAUSED: 'careful',
}

export const StatusTag = ({ experiment }: { readonly experiment: Experiment }) => {
  const status = getStatus(experiment, now())
  return (
    <span class="tag" data-tone={TONES[status]}>
      {experiment.archivedAt === null ? STATUSES[status] : 'Archived'}
    </span>
  )
}

const PlanText = ({ plan, variants }: { readonly plan: Plan; readonly variants: number }) => {
  const { answer: size } = useSampleSize(plan, variants)
  return (
    <>
      {describePlan(plan)}
      {size && `: ${counted(size.perVariant, 'user')} per variant`}
    </>
  )
}

const at = (iso: string | null) =>
  iso && (
    <time dateTime={iso}>
      {formatInstant(iso)} <span class="quiet small">({formatUtc(iso)})</span>
    </time>
  )

/** How it is set. */
export const ExperimentSettings = ({ experiment }: { readonly experiment: Experiment }) => {
  const { key, variants, plan, owner, note, startAt, stopAt, launchedAt, reweightedAt, status } =
    experiment
  return (
    <Section title="Settings">
      {status === 'RUNNING' && (
        <p class="quiet small">Pause the experiment to change its variants. The results stay.</p>
      )}
      <Terms
        of={[
          ['Variants', <ShareBar variants={variants} />],
          [
            'Plan',
            plan ? <PlanText plan={plan} variants={variants.length} /> : 'No sample planned',
          ],
          ['Owner', owner ?? 'None'],
          ['Note', status !== 'STOPPED' && note ? <span dir="auto">{note}</span> : null],
          ['Starts', at(startAt) ?? 'At the launch'],
          ['Stops', at(stopAt) ?? 'When someone stops it'],
          ['First launched', at(launchedAt)],
          ['Variants changed', at(reweightedAt)],
        ]}
      />
      <p class="small">
        <AuditLink target={`experiment:${key}`}>All changes of this experiment</AuditLink>
      </p>
    </Section>
  )
}
