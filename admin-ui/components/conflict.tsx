import { useSignal } from '@preact/signals'
import { findDisagreements, mergeDrafts, type Side } from '../model/merge.ts'
import type { Form } from '../state/form.ts'
import { Button } from './button.tsx'
import { Section } from './section.tsx'
import { Table } from './table.tsx'

const SIDES: readonly Side[] = ['theirs', 'mine']

type Stored = { readonly version: number; readonly updatedBy?: string | null }

type Props<Thing extends Stored, Draft extends object> = {
  readonly form: Form<Thing, Draft>
  readonly theirs: NoInfer<Thing> & Stored
}

/**
 * Shows both sides when another user saved the flag first. A field that only one side changed is merged by itself.
 * The chosen values go back into the form, on top of the current flag, to be reviewed and saved as usual.
 */
export const Conflict = <Thing extends Stored, Draft extends object>({
  form,
  theirs,
}: Props<Thing, Draft>) => {
  const { noun, labels, toDraft, inWords } = form.kind
  const chosen = useSignal<ReadonlyMap<string, Side>>(new Map())
  const their = toDraft(theirs)
  const mine = form.draft.value
  const fields = Object.keys(labels) as (keyof Draft & string)[]
  const rows = findDisagreements(fields, form.baseDraft.value, mine, their)
  const getSide = (field: string, side: Side) => chosen.value.get(field) ?? side
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
      title={`This ${noun} was saved while you were editing`}
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
              {labels[field]} {isConflict && <span class="tag">both changed</span>}
            </>,
            ...SIDES.map((option) => (
              <label key={option} class="check">
                <input
                  type="radio"
                  name={`choice-${field}`}
                  checked={getSide(field, side) === option}
                  aria-label={`${labels[field]}: ${option}`}
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
