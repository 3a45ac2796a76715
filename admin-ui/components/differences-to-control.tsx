import type { Metrics } from '../../schema/metrics.ts'
import { points, pValue, relative, zValue } from '../model/numbers.ts'
import { whyNoComparison } from '../model/reasons.ts'
import { significanceOf } from '../model/verdict-words.ts'
import { ForestPlot, type ForestRow } from './forest-plot.tsx'

type Comparison = Metrics['analysis']['comparisons'][number]

const intervalText = ({ lower, upper }: { lower: number; upper: number }) =>
  `${points(lower)} to ${points(upper)}`

const rowOf = ({ variant, alwaysValidLift: lift, verdict }: Comparison): ForestRow =>
  lift.reason === null
    ? {
        name: variant,
        interval: lift,
        text: `${points(lift.value)} (${intervalText(lift)})`,
        tone: verdict.kind === 'better' || verdict.kind === 'worse' ? verdict.kind : 'plain',
      }
    : { name: variant, interval: null, text: 'Not comparable yet' }

const Row = ({ comparison }: { readonly comparison: Comparison }) => {
  const { variant, zTest, holmPValue, lift, alwaysValidLift: sequence } = comparison
  if (sequence.reason !== null || zTest.reason !== null)
    return (
      <tr>
        <th scope="row">{variant}</th>
        <td colSpan={7}>{whyNoComparison[sequence.reason ?? zTest.reason ?? 'no_users']}</td>
      </tr>
    )
  return (
    <tr>
      <th scope="row">{variant}</th>
      <td>{points(sequence.value)}</td>
      <td>{lift.relative === null ? 'the control sold nothing' : relative(lift.relative)}</td>
      <td>{intervalText(sequence)}</td>
      <td>{zValue(zTest.z)}</td>
      <td>{pValue(zTest.pValue)}</td>
      <td>{holmPValue === null ? '–' : pValue(holmPValue)}</td>
      <td>{significanceOf(comparison)}</td>
    </tr>
  )
}

/** Every variant against the control: drawn with the interval that decides, and in numbers. */
export const DifferencesToControl = ({ metrics }: { readonly metrics: Metrics }) => {
  const { comparisons } = metrics.analysis
  const control = comparisons[0]?.control
  if (control === undefined) return null
  return (
    <ForestPlot
      title={`Difference to ${control}`}
      caption={
        <>
          In percentage points of the conversion rate; right of the dashed zero line a variant sells
          more. Bars: intervals that hold however often you look (95 %, all variants together).
        </>
      }
      unit="points"
      rows={comparisons.map(rowOf)}
      reference={0}
      table={
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">Variant</th>
                <th scope="col">Points</th>
                <th scope="col">Relative</th>
                <th scope="col">Always-valid interval</th>
                <th scope="col">z</th>
                <th scope="col">p</th>
                <th scope="col">p, Holm</th>
                <th scope="col">In words</th>
              </tr>
            </thead>
            <tbody>
              {comparisons.map((comparison) => (
                <Row key={comparison.variant} comparison={comparison} />
              ))}
            </tbody>
          </table>
          <p class="quiet small">
            z is of {control} minus the variant: negative when the variant sells more. z and p are
            of a test that may be looked at once, when the plan is complete; Holm corrects p for the
            number of variants. The verdict goes by the always-valid interval.
          </p>
        </>
      }
    />
  )
}
