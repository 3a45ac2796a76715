import { fitText } from '../model/fit-text.ts'
import { formatDay, selectLabels } from '../model/sequence.ts'
import { findPercentDigits, type Extent, computeTicks } from '../model/scale.ts'

type Props = {
  readonly domain: Extent
  readonly x: (value: number) => number
  readonly width: number
  readonly top: number
  readonly bottom: number
  readonly inWords: (value: number, digits: number) => string
}

const PIXELS_A_TICK = 80
const ROW_TEXT = 200

const EDGE = 18

const chooseAnchor = (place: number, width: number) =>
  place < EDGE ? 'start' : place > width - EDGE ? 'end' : 'middle'

/** Round numbers below a chart, each with a grid line. */
export const Axis = ({ domain, x, width, top, bottom, inWords }: Props) => {
  const ticks = computeTicks(domain, Math.max(2, width / PIXELS_A_TICK))
  const digits = findPercentDigits(ticks)
  return (
    <g class="axis">
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={top} y2={bottom} />
          <text x={x(tick)} y={bottom + 15} text-anchor={chooseAnchor(x(tick), width)}>
            {inWords(tick, digits)}
          </text>
        </g>
      ))}
    </g>
  )
}

type DaysProps = {
  readonly days: readonly string[]
  readonly x: (day: string) => number
  readonly y: number
  readonly width: number
}

/** Dates below a chart, as many as fit. */
export const DayAxis = ({ days, x, y, width }: DaysProps) => (
  <g class="axis">
    {selectLabels(days, width).map((day) => (
      <text key={day} x={x(day)} y={y} text-anchor={chooseAnchor(x(day), width)}>
        {formatDay(day)}
      </text>
    ))}
  </g>
)

type RowHeadProps = {
  readonly name: string
  readonly text: string
  readonly y: number
  readonly width: number
}

/** The name and value above a row of a chart. The table has the whole name. */
export const RowHead = ({ name, text, y, width }: RowHeadProps) => (
  <>
    <text class="name" x={2} y={y}>
      {fitText(name, width - ROW_TEXT)}
    </text>
    <text x={width - 2} y={y} text-anchor="end">
      {text}
    </text>
  </>
)
