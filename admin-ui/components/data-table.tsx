import type { ComponentChildren } from 'preact'
import { Scroll } from './scroll.tsx'

type Props = {
  readonly caption: string
  readonly head: readonly string[]
  /** The first cell of a row names it. A row of two cells says in one sentence why it has no more. */
  readonly rows: readonly (readonly ComponentChildren[])[]
}

/** Numbers in rows and columns. */
export const DataTable = ({ caption, head, rows }: Props) => (
  <Scroll label={caption}>
    <table>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, ...cells], row) => (
          // Rows are only ever added at the end.
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={row}>
            <th scope="row">{name}</th>
            {cells.map((cell, column) => (
              <td key={head[column + 1]} colSpan={cells.length === 1 ? head.length - 1 : 1}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Scroll>
)
