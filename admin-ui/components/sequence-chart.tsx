import { points } from '../../worker/experiments/numbers.ts'
import {
  linearScale,
  padExtent,
  findPercentDigits,
  computeTicks,
  type Extent,
} from '../model/scale.ts'
import { toDayNumber, listLooks, type Look, type Sequence } from '../model/sequence.ts'
import { DayAxis } from './axis.tsx'
import { Chart } from './chart.tsx'

const HEIGHT = 220
const LEFT = 44
const BOTTOM = HEIGHT - 22

type Props = { readonly sequence: Sequence; readonly control: string; readonly domain: Extent }

/** The difference to the control with its confidence sequence, day by day. */
export const SequenceChart = ({ sequence, control, domain }: Props) => {
  const looks = listLooks(sequence)
  const [first, last] = [looks[0], looks.at(-1)]
  if (!first || !last) return null
  const drawn = padExtent(domain)
  const ticks = computeTicks(drawn, 4)
  const digits = findPercentDigits(ticks)
  const draw = (width: number) => {
    const right = width - 10
    const place = linearScale([toDayNumber(first.day), toDayNumber(last.day)], [LEFT + 6, right])
    const x = (day: string) => place(toDayNumber(day))
    const y = linearScale(drawn, [BOTTOM, 4])
    const at = (look: Look, part: 'value' | 'lower' | 'upper') =>
      `${x(look.day).toFixed(1)},${y(look[part]).toFixed(1)}`
    const days = looks.map(({ day }) => day)
    return (
      <>
        <g class="axis">
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
              <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
                {points(tick, digits)}
              </text>
            </g>
          ))}
        </g>
        <DayAxis days={days} x={x} y={HEIGHT - 6} width={width} />
        <svg width={width} height={BOTTOM}>
          <polygon
            class="band"
            points={[
              ...looks.map((look) => at(look, 'upper')),
              ...looks.toReversed().map((look) => at(look, 'lower')),
            ].join(' ')}
          />
          <polyline class="line" points={looks.map((look) => at(look, 'value')).join(' ')} />
        </svg>
        <line class="reference" x1={LEFT} x2={width} y1={y(0)} y2={y(0)} />
        <circle cx={x(last.day)} cy={y(last.value)} r="4" />
      </>
    )
  }
  const title = `${sequence.variant} − ${control} over time`
  const now = `${points(last.value)} points, between ${points(last.lower)} and ${points(last.upper)}`
  return (
    <Chart
      title={title}
      caption={`Users with complete windows, in percentage points; now ${now}. While the band contains the dashed line, no difference is proven. Even if it does not, only the headline is a verdict.`}
      height={HEIGHT}
      draw={draw}
      head={['Complete by (UTC)', 'Points', 'At least', 'At most']}
      rows={looks.map(({ day, value, lower, upper }) => [
        day,
        points(value),
        points(lower),
        points(upper),
      ])}
    />
  )
}
