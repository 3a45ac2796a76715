import type { ComponentChildren } from 'preact'
import { Table } from './table.tsx'

export type Numbers = {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly ComponentChildren[])[]
}

/** A table of numbers. A wide table scrolls by itself, also by keyboard. */
export const DataTable = ({ caption, head, rows }: Numbers) => (
  // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- else the keyboard could not scroll it
  <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
    <Table
      caption={caption}
      columns={head.map((name) => [name])}
      // Rows are only ever added at the end.
      rows={rows.map((cells, index) => ({ key: String(index), cells }))}
    />
  </div>
)
