import { percentDigits, type Extent, ticksOf } from '../model/scale.ts'
import { percent, points } from '../../worker/experiments/numbers.ts'

type Props = {
  readonly domain: Extent
  readonly x: (value: number) => number
  readonly width: number
  readonly top: number
  readonly bottom: number
  readonly unit: 'percent' | 'points'
}

const PIXELS_A_TICK = 80

/** Round numbers under a drawing, with a line up through it for each. */
export const Axis = ({ domain, x, width, top, bottom, unit }: Props) => {
  const ticks = ticksOf(domain, Math.max(2, width / PIXELS_A_TICK))
  const digits = percentDigits(ticks)
  const textOf = (tick: number) =>
    unit === 'percent' ? percent(tick, digits) : points(tick, digits)
  const anchorAt = (place: number) => (place < 16 ? 'start' : place > width - 16 ? 'end' : 'middle')
  return (
    <g class="axis">
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={top} y2={bottom} />
          <text x={x(tick)} y={bottom + 15} text-anchor={anchorAt(x(tick))}>
            {textOf(tick)}
          </text>
        </g>
      ))}
    </g>
  )
}
