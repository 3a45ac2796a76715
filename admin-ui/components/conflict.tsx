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
 * Shows both sides when another user saved the flag first. A field that only one side changed is merged by itself.
 * The chosen values go back into the form, on top of the current flag, to be reviewed and saved as usual.
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
    <Section
      class="card"
      data-tone="careful"
      role="alert"
      title="This flag was saved while you were editing"
    >
      <p>
        <bdi>{theirs.updatedBy ?? 'Someone else'}</bdi> saved version {theirs.version}. Your changes
        are kept. Choose a value for each field below.
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
