import type { ComponentChildren } from 'preact'
import { DataTable, type Numbers } from './data-table.tsx'
import { useWidth } from './use-width.ts'

type Props = {
  readonly title: string
  readonly caption: ComponentChildren
  readonly height: number
  readonly draw: (width: number) => ComponentChildren
  /** The same data as a table, for copying and for screen readers. */
  readonly head: readonly string[]
  readonly rows: Numbers['rows']
  readonly below?: string | undefined
  /** Uses the whole width and shows the table at once. */
  readonly isMain?: boolean | undefined
}

export const Chart = (props: Props) => {
  const { title, caption, height, draw, head, rows, below, isMain } = props
  const { element, width } = useWidth()
  return (
    <figure class={isMain ? 'card chart main' : 'card chart'}>
      <figcaption>
        <h3>{title}</h3>
        <p class="quiet small">{caption}</p>
      </figcaption>
      <div ref={element}>
        <svg
          role="img"
          aria-label={title}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
        >
          {draw(width)}
        </svg>
      </div>
      <details open={isMain}>
        <summary>
          The numbers<span class="visually-hidden"> of: {title}</span>
        </summary>
        <DataTable caption={`Numbers of: ${title}`} head={head} rows={rows} />
        {below && <p class="quiet small">{below}</p>}
      </details>
    </figure>
  )
}
