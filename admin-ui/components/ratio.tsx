import type { Metrics } from '../../schema/metrics.ts'
import { count, counted, pValue, shareText } from '../../worker/experiments/numbers.ts'
import { whyNoRatio } from '../model/reasons.ts'
import { sharesOf } from '../../worker/experiments/shares.ts'
import { DataTable } from './data-table.tsx'

const Expected = ({ variants }: Pick<Metrics, 'variants'>) => {
  const shares = sharesOf(variants)
  const total = variants.reduce((sum, { assignments }) => sum + assignments, 0)
  return (
    <DataTable
      caption="Assigned and expected users"
      head={['Variant', 'Share set', 'Share seen', 'Expected', 'Assigned']}
      rows={variants.map(({ name, assignments }, index) => [
        name,
        shareText(shares[index] ?? 0),
        shareText(total === 0 ? 0 : assignments / total),
        count(total * (shares[index] ?? 0)),
        <b key="assigned">{count(assignments)}</b>,
      ])}
    />
  )
}

/** The alarm: users came to the variants in other numbers than the weights say. Nothing below it can be believed. */
export const RatioAlarm = ({ metrics }: { readonly metrics: Metrics }) => {
  const { pValue: p } = metrics.analysis.sampleRatio
  return (
    <section class="card" data-tone="bad" role="alert" aria-labelledby="ratio-alarm">
      <h2 id="ratio-alarm">
        <span aria-hidden="true">⚠ </span>Do not trust these results: sample ratio mismatch
      </h2>
      <p>
        {p === null
          ? 'Users were assigned to a variant whose weight is 0.'
          : `By chance, a split at least this uneven comes about with a probability of ${p < 0.0001 ? 'less than 0.0001' : pValue(p)}.`}{' '}
        Something loses users of one variant, or assigns them past the service.
      </p>
      <Expected variants={metrics.variants} />
      <p>
        <b>Usual causes:</b> one variant crashes or redirects before its exposure is sent; bots are
        filtered after the assignment; an app chooses the variant itself; exposures are sent twice
        under other user ids.
      </p>
    </section>
  )
}

/** The split when there is no alarm: that it was checked, or why it could not be. */
export const RatioNote = ({ metrics }: { readonly metrics: Metrics }) => {
  const { sampleRatio } = metrics.analysis
  if (sampleRatio.status === 'mismatch') return null
  if (sampleRatio.reason !== null)
    return (
      <p class={sampleRatio.reason === 'weights_changed' ? 'warning' : 'quiet small'}>
        {whyNoRatio[sampleRatio.reason]}
      </p>
    )
  const total = metrics.variants.reduce((sum, { assignments }) => sum + assignments, 0)
  return (
    <p class="quiet small">
      <span aria-hidden="true">✓ </span>The split was checked: {counted(total, 'user')} came to the
      variants as the weights say (p = {pValue(sampleRatio.pValue)}).
    </p>
  )
}
