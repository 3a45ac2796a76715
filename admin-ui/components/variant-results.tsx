import type { Metrics } from '../../schema/metrics.ts'
import { count, percent, shareText } from '../../worker/experiments/numbers.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import { DataTable } from './data-table.tsx'
import { ForestPlot, type ForestRow } from './forest-plot.tsx'

type Rate = Metrics['analysis']['rates'][number]['rate']

const rateText = (rate: Rate | undefined) => (rate?.value == null ? '–' : percent(rate.value))

const intervalText = (rate: Rate) =>
  rate.reason === null ? `${percent(rate.lower)} to ${percent(rate.upper)}` : ''

/** The counts of each variant. */
export const VariantTable = ({ metrics }: { readonly metrics: Metrics }) => {
  const shares = computeShares(metrics.variants)
  return (
    <DataTable
      caption="Counts of each variant"
      head={[
        'Variant',
        'Share',
        'Assigned',
        'Exposures',
        'Exposed users',
        'Booked',
        'Rate',
        'Clicks',
      ]}
      rows={metrics.variants.map((variant, index) => [
        <>
          <b>{variant.name}</b>
          {index === 0 && <span class="quiet small"> control</span>}
          {variant.name === metrics.baseline && <span class="quiet small"> baseline</span>}
        </>,
        shareText(shares[index] ?? 0),
        count(variant.assignments),
        count(variant.exposures),
        count(variant.exposedUsers),
        count(variant.conversions),
        rateText(metrics.analysis.rates[index]?.rate),
        count(variant.clicks),
      ])}
    />
  )
}

/** The conversion rates with their intervals, on one scale. */
export const RatePlot = ({ metrics }: { readonly metrics: Metrics }) => {
  const { words, analysis, baseline, phases } = metrics
  const reference = analysis.rates.find(({ variant }) => variant === baseline) ?? analysis.rates[0]
  const rows = analysis.rates.map(({ variant, rate }, index): ForestRow => {
    const why = words.rates[index]
    return {
      name: variant,
      interval: rate.reason === null ? rate : null,
      text: why ?? `${rateText(rate)} (${intervalText(rate)})`,
      cells: why ? [why] : [rateText(rate), intervalText(rate)],
    }
  })
  return (
    <ForestPlot
      title="Conversion rate"
      caption={`Of all users, the share who booked within 7 days of seeing it. Bars: 95 % intervals; dashed: ${reference?.variant ?? 'the control'}.${phases === undefined ? '' : ' Rates mix the phases, so compare the differences instead.'}`}
      inWords={percent}
      rows={rows}
      reference={reference?.rate.value ?? null}
      head={['Rate', '95 % interval']}
    />
  )
}
