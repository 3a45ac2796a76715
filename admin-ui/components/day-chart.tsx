import type { Metrics } from '../../schema/metrics.ts'
import { count, counted } from '../../worker/experiments/numbers.ts'
import { linearScale } from '../model/scale.ts'
import { toDayNumber, listDays } from '../model/sequence.ts'
import { DayAxis, RowHead } from './axis.tsx'
import { Chart } from './chart.tsx'

const ROW = 84
const BARS = 54
const BARS_OF = ['exposures', 'assignments'] as const

/** Assignments and exposures per day: a row of bars for each variant, all on one scale. */
export const DayChart = ({ metrics }: { readonly metrics: Metrics }) => {
  const { days, variants, zone = 'UTC' } = metrics
  const all = listDays(days.map(({ day }) => day))
  const first = all[0]
  if (first === undefined) return null
  const most = Math.max(
    1,
    ...days.map(({ exposures, assignments }) => Math.max(exposures, assignments)),
  )
  const height = variants.length * ROW + 18
  const draw = (width: number) => {
    const slot = width / all.length
    const bar = Math.max(1, Math.min(28, slot * 0.72))
    const x = (day: string) => (toDayNumber(day) - toDayNumber(first) + 0.5) * slot
    const tall = linearScale([0, most], [0, BARS])
    return (
      <>
        {variants.map(({ name, assignments, exposures }, row) => {
          const base = row * ROW + ROW - 8
          return (
            <g key={name}>
              <RowHead
                name={name}
                text={`${count(assignments)} assigned, ${counted(exposures, 'exposure')}`}
                y={row * ROW + 14}
                width={width}
              />
              <line x1={0} x2={width} y1={base} y2={base} />
              {days
                .filter(({ variant }) => variant === name)
                .flatMap((day) =>
                  BARS_OF.map((kind) => (
                    <rect
                      key={day.day + kind}
                      class={kind}
                      x={x(day.day) - bar / 2}
                      y={base - tall(day[kind])}
                      width={bar}
                      height={tall(day[kind])}
                    />
                  )),
                )}
            </g>
          )
        })}
        <DayAxis days={all} x={x} y={height - 2} width={width} />
      </>
    )
  }
  return (
    <Chart
      title="Assignments and exposures a day"
      caption={
        <>
          <i class="swatch assignments" /> assigned, <i class="swatch exposures" /> exposures (a
          user may have several). The tallest bar is {count(most)}. Days of {zone}.
        </>
      }
      height={height}
      draw={draw}
      head={[`Day (${zone})`, 'Variant', 'Assigned', 'Exposures', 'New exposed users']}
      rows={days.map((day) => [
        day.day,
        day.variant,
        count(day.assignments),
        count(day.exposures),
        count(day.exposedUsers),
      ])}
    />
  )
}
