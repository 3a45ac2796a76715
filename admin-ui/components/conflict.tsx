import { useSignal } from '@preact/signals'
import type { ListedFlag } from '../../schema/flag.ts'
import { inWords } from '../model/diff.ts'
import { FIELDS, toDraft, type Field } from '../model/draft.ts'
import { findDisagreements, mergeDrafts, type Side } from '../model/merge.ts'
import type { FlagForm } from '../state/flag-form.ts'
import { Button } from './button.tsx'
import { Section } from './section.tsx'
import { Table } from './table.tsx'

const SIDES: readonly Side[] = ['theirs', 'mine']

type Props = { readonly form: FlagForm; readonly theirs: ListedFlag }

/**
 * The way out when someone was faster: both sides, field by field, merged where only one of them changed something.
 * Whatever is chosen goes back into the form, on top of what is there now, to be reviewed and saved as always.
 */
export const Conflict = ({ form, theirs }: Props) => {
  const chosen = useSignal<ReadonlyMap<Field, Side>>(new Map())
  const their = toDraft(theirs)
  const mine = form.draft.value
  const rows = findDisagreements(form.baseDraft.value, mine, their)
  const getSide = (field: Field, side: Side) => chosen.value.get(field) ?? side
  const take = (sides: (row: (typeof rows)[number]) => Side) =>
    form.restart(
      theirs,
      mergeDrafts(mine, their, new Map(rows.map((row) => [row.field, sides(row)]))),
    )
  return (
    <Section class="card" data-tone="careful" role="alert" title="Someone was faster">
      <p>
        <bdi>{theirs.updatedBy ?? 'Someone'}</bdi> changed this flag meanwhile: it is at version{' '}
        {theirs.version} now. Nothing of yours is lost.
      </p>
      <Table
        caption="What differs"
        style="conflict"
        columns={[['Field'], ['Theirs'], ['Yours']]}
        rows={rows.map(({ field, side, isConflict }) => ({
          key: field,
          cells: [
            <>
              {FIELDS[field]} {isConflict && <span class="tag">both changed</span>}
            </>,
            ...SIDES.map((option) => (
              <label key={option} class="check">
                <input
                  type="radio"
                  name={`choice-${field}`}
                  checked={getSide(field, side) === option}
                  aria-label={`${FIELDS[field]}: ${option}`}
                  onChange={() => (chosen.value = new Map([...chosen.value, [field, option]]))}
                />
                <span class="clamped" dir="auto">
                  {inWords(field, (option === 'mine' ? mine : their)[field])}
                </span>
              </label>
            )),
          ],
        }))}
      />
      <div class="buttons">
        <Button onClick={() => take(() => 'theirs')}>Take theirs</Button>
        <Button onClick={() => take(() => 'mine')}>Keep yours</Button>
        <Button class="primary" onClick={() => take(({ field, side }) => getSide(field, side))}>
          Merge as chosen
        </Button>
      </div>
    </Section>
  )
}
