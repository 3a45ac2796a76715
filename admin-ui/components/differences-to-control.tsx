import type { Metrics } from '../../schema/metrics.ts'
import { points, pValue, relative, shareText, zValue } from '../../worker/experiments/numbers.ts'
import { ForestPlot, type ForestRow } from './forest-plot.tsx'

type Comparison = Metrics['analysis']['comparisons'][number]

const intervalText = ({ lower, upper }: { lower: number; upper: number }) =>
  `${points(lower)} to ${points(upper)}`

const toRow = (comparison: Comparison, words: string): ForestRow => {
  const { variant, zTest, holmPValue, lift, alwaysValidLift: sequence, verdict } = comparison
  if (sequence.reason !== null || zTest.reason !== null)
    return { name: variant, interval: null, text: 'Not comparable yet', cells: [words] }
  return {
    name: variant,
    interval: sequence,
    text: `${points(sequence.value)} (${intervalText(sequence)})`,
    tone: verdict.kind === 'better' || verdict.kind === 'worse' ? verdict.kind : undefined,
    cells: [
      points(sequence.value),
      intervalText(sequence),
      lift.relative === null ? 'from nothing' : relative(lift.relative),
      zValue(zTest.z),
      pValue(zTest.pValue),
      holmPValue === null ? '–' : pValue(holmPValue),
      words,
    ],
  }
}

/** Compares each variant with the control: a chart of the deciding intervals, and a table. */
export const DifferencesToControl = ({ metrics }: { readonly metrics: Metrics }) => {
  const { alpha, comparisons } = metrics.analysis
  const exploration = metrics.baseline === undefined ? '' : 'Exploration, no verdict. '
  const control = comparisons[0]?.control
  if (control === undefined) return null
  return (
    <ForestPlot
      title={`Difference to ${control}`}
      caption={`${exploration}In percentage points; right of the dashed line a variant sells more. Bars: joint ${shareText(1 - alpha)} intervals, however often you look.`}
      inWords={points}
      rows={comparisons.map((one, index) => toRow(one, metrics.words.comparisons[index] ?? ''))}
      reference={0}
      isMain
      head={['Points', 'Interval', 'Relative', 'z', 'p', 'p, Holm', 'In words']}
      below={`z compares ${control} minus the variant. z and p are valid for one look, when the plan is complete. The verdict uses the interval. Differences count only users with complete windows: their 7 days are over. Rates count all users.`}
    />
  )
}
