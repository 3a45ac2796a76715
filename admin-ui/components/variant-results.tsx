import type { Metrics } from '../../schema/metrics.ts'
import { count, percent, shareText } from '../model/numbers.ts'
import { whyNoRate } from '../model/reasons.ts'
import { sharesOf } from '../model/shares.ts'
import { Scroll } from './chart.tsx'
import { ForestPlot, type ForestRow } from './forest-plot.tsx'

type Rate = Metrics['analysis']['rates'][number]['rate']

const intervalText = (rate: Rate) =>
  rate.reason === null ? `${percent(rate.lower)} to ${percent(rate.upper)}` : whyNoRate[rate.reason]

const rateText = (rate: Rate | undefined) => (rate?.value == null ? '–' : percent(rate.value))

/** What happened in each variant, in counts. */
export const VariantTable = ({ metrics }: { readonly metrics: Metrics }) => {
  const shares = sharesOf(metrics.variants)
  return (
    <Scroll label="Counts of each variant">
      <table class="numbers">
        <caption class="visually-hidden">Counts of each variant</caption>
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col">Share</th>
            <th scope="col">Assigned</th>
            <th scope="col">Exposures</th>
            <th scope="col">Exposed users</th>
            <th scope="col">Booked</th>
            <th scope="col">Rate</th>
            <th scope="col">Clicks</th>
          </tr>
        </thead>
        <tbody>
          {metrics.variants.map((variant, index) => (
            <tr key={variant.name}>
              <th scope="row">
                <b>{variant.name}</b>
                {index === 0 && <span class="quiet small"> control</span>}
              </th>
              <td>{shareText(shares[index] ?? 0)}</td>
              <td>{count(variant.assignments)}</td>
              <td>{count(variant.exposures)}</td>
              <td>{count(variant.exposedUsers)}</td>
              <td>{count(variant.conversions)}</td>
              <td>{rateText(metrics.analysis.rates[index]?.rate)}</td>
              <td>{count(variant.clicks)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

/** The conversion rates with their intervals, on one scale. */
export const RatePlot = ({ metrics }: { readonly metrics: Metrics }) => {
  const { rates } = metrics.analysis
  const rows = rates.map(({ variant, rate }): ForestRow => ({
    name: variant,
    interval: rate.reason === null ? rate : null,
    text:
      rate.reason === null ? `${percent(rate.value)} (${intervalText(rate)})` : intervalText(rate),
  }))
  return (
    <ForestPlot
      title="Conversion rate"
      caption="Of the users who saw a variant, those who booked within 7 days. Bars: 95 % intervals; dashed: the control. Who came in the last week may still book."
      unit="percent"
      rows={rows}
      reference={rates[0]?.rate.value ?? null}
      table={
        <table>
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col">Rate</th>
              <th scope="col">95 % interval</th>
            </tr>
          </thead>
          <tbody>
            {rates.map(({ variant, rate }) => (
              <tr key={variant}>
                <th scope="row">{variant}</th>
                <td>{rateText(rate)}</td>
                <td>{intervalText(rate)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      }
    />
  )
}
