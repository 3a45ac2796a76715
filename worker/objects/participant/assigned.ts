import type { AssignmentRow } from '../../store/participation.ts'
import type { Tables } from './tables.ts'

type Assigned = {
  experimentKey: string
  variant: string
  phase: number | null
  exposureId: string | null
}

/** Opens the user's assignments. */
export const openAssigned = ({ sql }: Pick<DurableObjectStorage, 'sql'>, tables: Tables) => ({
  find: (experimentKey: string) =>
    tables.has('assigned')
      ? sql
          .exec<{ variant: string; requestId: string | null }>(
            'SELECT variant, requestId FROM assigned WHERE experimentKey = ?',
            experimentKey,
          )
          .toArray()
          .at(0)
      : undefined,
  list: () =>
    tables.has('assigned')
      ? sql
          .exec<Assigned>(
            'SELECT experimentKey, variant, phase, exposureId FROM assigned ORDER BY experimentKey',
          )
          .toArray()
      : [],
  add({ experimentKey, variant, phase }: AssignmentRow, requestId: string, exposureId?: string) {
    tables.need('assigned')
    sql.exec(
      'INSERT INTO assigned VALUES (?, ?, ?, ?, ?)',
      experimentKey,
      variant,
      phase ?? null,
      requestId,
      exposureId?.toWellFormed() ?? null,
    )
  },
  hasImported: () => tables.has('imported'),
  /** Imports the assignments that D1 has. An assignment that was made here stays. */
  import(rows: readonly { experimentKey: string; variant: string; phase: number }[]) {
    if (rows.length > 0) tables.need('assigned')
    for (const { experimentKey, variant, phase } of rows)
      sql.exec(
        'INSERT INTO assigned VALUES (?, ?, ?, NULL, NULL) ON CONFLICT DO NOTHING',
        experimentKey,
        variant,
        phase,
      )
    tables.need('imported')
  },
})
