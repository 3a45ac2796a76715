import type { Experiment, Plan } from '../../schema/experiment.ts'
import { instant, statusAt, STATUSES } from '../model/experiment-status.ts'
import { utcText } from '../model/local-time.ts'
import { counted, percent, shareText } from '../model/numbers.ts'
import { neededFor } from '../model/plan.ts'
import { ShareBar } from './share-bar.tsx'

export const StatusTag = ({ experiment }: { readonly experiment: Experiment }) => {
  const status = statusAt(experiment, Date.now())
  return (
    <span class="tag status-tag" data-status={status}>
      {STATUSES[status]}
    </span>
  )
}

const planText = (plan: Plan, variantCount: number) => {
  const { baselineRate, minimumDetectableEffect, power, alpha } = plan
  const needed = neededFor(plan, variantCount)
  const size =
    needed.perVariant === null ? needed.why : `${counted(needed.perVariant, 'user')} per variant`
  return `${size}: to find ${shareText(minimumDetectableEffect)} more than ${percent(baselineRate)}, with ${shareText(power)} power and ${shareText(alpha)} risk of a false alarm.`
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
            {plan ? planText(plan, variants.length) : <span class="quiet">No sample planned</span>}
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
    </section>
  )
}
