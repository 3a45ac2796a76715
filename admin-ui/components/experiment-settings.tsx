import type { Experiment, Plan } from '../../schema/experiment.ts'
import { instant, statusAt, STATUSES } from '../model/experiment-status.ts'
import { utcText } from '../model/local-time.ts'
import { counted, percent, shareText } from '../model/numbers.ts'
import { ShareBar } from './share-bar.tsx'
import { useSampleSize } from './use-sample-size.ts'

export const StatusTag = ({ experiment }: { readonly experiment: Experiment }) => {
  const status = statusAt(experiment, Date.now())
  return (
    <span class="tag status-tag" data-status={status}>
      {STATUSES[status]}
    </span>
  )
}

const aimOf = ({ baselineRate, minimumDetectableEffect, power, alpha }: Plan) =>
  `To find ${shareText(minimumDetectableEffect)} more than ${percent(baselineRate)}, with ${shareText(power)} power and ${shareText(alpha)} risk of a false alarm. `

const PlanText = ({ plan, variants }: { readonly plan: Plan; readonly variants: number }) => {
  const { answer: size } = useSampleSize(plan, variants)
  return (
    <>
      {aimOf(plan)}
      {size && `${counted(size.perVariant, 'user')} per variant.`}
    </>
  )
}

const At = ({ iso, otherwise }: { readonly iso: string | null; readonly otherwise: string }) =>
  iso === null ? (
    <span class="quiet">{otherwise}</span>
  ) : (
    <time dateTime={iso}>
      {instant(iso)} <span class="quiet small">({utcText(iso)})</span>
    </time>
  )

/** How it is set. */
export const ExperimentSettings = ({ experiment }: { readonly experiment: Experiment }) => {
  const { variants, plan, startAt, stopAt, launchedAt, reweightedAt, status } = experiment
  return (
    <section aria-labelledby="settings">
      <h2 id="settings">Settings</h2>
      {status === 'RUNNING' && (
        <p class="quiet small">Pause it to change them; the results stay.</p>
      )}
      <dl class="settings">
        <div>
          <dt>Variants</dt>
          <dd>
            <ShareBar variants={variants} />
          </dd>
        </div>
        <div>
          <dt>Plan</dt>
          <dd>
            {plan ? (
              <PlanText plan={plan} variants={variants.length} />
            ) : (
              <span class="quiet">No sample planned</span>
            )}
          </dd>
        </div>
        <div>
          <dt>Starts</dt>
          <dd>
            <At iso={startAt} otherwise="At its launch" />
          </dd>
        </div>
        <div>
          <dt>Stops</dt>
          <dd>
            <At iso={stopAt} otherwise="When someone stops it" />
          </dd>
        </div>
        {launchedAt !== null && (
          <div>
            <dt>First launched</dt>
            <dd>
              <At iso={launchedAt} otherwise="" />
            </dd>
          </div>
        )}
        {reweightedAt !== null && (
          <div>
            <dt>Variants changed</dt>
            <dd>
              <At iso={reweightedAt} otherwise="" />
            </dd>
          </div>
        )}
      </dl>
      <p class="small">
        <a href={`/audit?target=${encodeURIComponent(`experiment:${experiment.key}`)}`}>
          Who changed what, and why
        </a>
      </p>
    </section>
  )
}
