import { findExtent, linearScale, padExtent } from '../model/scale.ts'
import { Axis, RowHead } from './axis.tsx'
import { Chart } from './chart.tsx'

export type Interval = { readonly value: number; readonly lower: number; readonly upper: number }

export type ForestRow = {
  readonly name: string
  /** Null: there is none, and `text` says why. */
  readonly interval: Interval | null
  readonly text: string
  /** The same, for the table. */
  readonly cells: readonly string[]
  readonly tone?: 'better' | 'worse' | undefined
}

type Props = {
  readonly title: string
  readonly caption: string
  /** The unit of the axis. */
  readonly inWords: (value: number, digits: number) => string
  readonly rows: readonly ForestRow[]
  /** What to compare with, drawn through all rows. */
  readonly reference: number | null
  /** The columns of the numbers, after the name; and what to know about them. */
  readonly head: readonly string[]
  readonly below?: string
  readonly isMain?: boolean
}

const ROW = 46
const AXIS = 22

const findDomain = (rows: readonly ForestRow[], reference: number | null) => {
  const values = rows.flatMap(({ interval }) => (interval ? [interval.lower, interval.upper] : []))
  const extent = findExtent(reference === null ? values : [...values, reference])
  return extent && values.length > 0 ? padExtent(extent) : null
}

/** Intervals on one scale: a dot for what was measured, a bar for where the truth may lie. */
export const ForestPlot = (props: Props) => {
  const { title, caption, inWords, rows, reference, head, below, isMain } = props
  const domain = findDomain(rows, reference)
  const bottom = rows.length * ROW + 4
  const draw = (width: number) => {
    const x = domain && linearScale(domain, [8, width - 8])
    return (
      <>
        {domain && x && <Axis {...{ domain, x, width, inWords, bottom, top: 0 }} />}
        {x && reference !== null && (
          <line class="reference" x1={x(reference)} x2={x(reference)} y1={0} y2={bottom} />
        )}
        {rows.map(({ name, interval, text, tone }, index) => (
          <g key={name} class="estimate" data-tone={tone}>
            <RowHead name={name} text={text} y={index * ROW + 15} width={width} />
            {x && interval && (
              <>
                <line
                  x1={x(interval.lower)}
                  x2={x(interval.upper)}
                  y1={index * ROW + 31}
                  y2={index * ROW + 31}
                />
                <circle cx={x(interval.value)} cy={index * ROW + 31} r="5" />
              </>
            )}
          </g>
        ))}
      </>
    )
  }
  return (
    <Chart
      {...{ title, caption, draw, below, isMain }}
      head={['Variant', ...head]}
      rows={rows.map(({ name, cells }) => [name, ...cells])}
      height={bottom + (domain ? AXIS : 0)}
    />
  )
}
