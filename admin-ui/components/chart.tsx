import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { useWidth } from './use-width.ts'

type Props = {
  readonly title: string
  /** What the drawing says, for who does not see it. */
  readonly description: string
  readonly caption?: ComponentChildren
  readonly height: number
  readonly draw: (width: number) => ComponentChildren
  /** The same in numbers: to read, to copy, and for who does not see the drawing. */
  readonly table: ComponentChildren
}

export const Chart = ({ title, description, caption, height, draw, table }: Props) => {
  const id = useId()
  const { element, width } = useWidth()
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        {caption && <p class="quiet small">{caption}</p>}
      </figcaption>
      <div ref={element}>
        <svg
          role="img"
          aria-labelledby={`${id}-title`}
          aria-describedby={`${id}-desc`}
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
        >
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-desc`}>{description}</desc>
          {draw(width)}
        </svg>
      </div>
      <details>
        <summary>
          The numbers<span class="visually-hidden"> of: {title}</span>
        </summary>
        <Scroll label={`The numbers of: ${title}`}>{table}</Scroll>
      </details>
    </figure>
  )
}

/** What may be wider than the screen: it scrolls by itself, with the keyboard too. */
export const Scroll = ({
  label,
  children,
}: {
  readonly label: string
  readonly children: ComponentChildren
}) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- else the keyboard could not scroll it
  <div class="scroll" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
)
