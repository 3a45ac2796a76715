import type { ComponentChildren } from 'preact'

/** A column: its name, and a class for all of its cells. */
export type Column = readonly [name: string, style?: string]

export type Row = {
  readonly key: string
  readonly cells: readonly ComponentChildren[]
}

type Props = {
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly style?: string
  /** The index of the cell that is the row header. */
  readonly named?: number
}

/** A table with row headers. The last cell of a short row spans the rest of the row. */
export const Table = ({ caption, columns, rows, style, named = 0 }: Props) => (
  <table class={style}>
    <caption class="visually-hidden">{caption}</caption>
    <thead>
      <tr>
        {columns.map(([name, of]) => (
          <th key={name} scope="col" class={of}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(({ key, cells }) => (
        <tr key={key}>
          {cells.map((cell, index) => {
            const [name, of] = columns[index] ?? ['']
            return index === named ? (
              <th key={name} scope="row" class={of}>
                {cell}
              </th>
            ) : (
              <td
                key={name}
                class={of}
                colSpan={index + 1 === cells.length ? columns.length - index : 1}
              >
                {cell}
              </td>
            )
          })}
        </tr>
      ))}
    </tbody>
  </table>
)
