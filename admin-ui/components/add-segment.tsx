import type { Condition } from '../../schema/condition.ts'
import { PAGES } from '../page-table.ts'
import { useLive } from '../state/live.ts'
import { loadSegments, segments } from '../state/segments.ts'

type Props = { readonly onAdd: (condition: Condition) => void }

const toCondition = (choice: string): Condition => {
  const [how, key = ''] = choice.split(' ')
  return { operator: 'inSegment', values: [key], ...(how === 'not' && { negate: true }) }
}

/** Adds a condition on a segment: the users in it, or those not in it. */
export const AddSegment = ({ onAdd }: Props) => {
  useLive(loadSegments)
  const items = segments.value.items ?? []
  if (items.length === 0)
    return (
      <p class="quiet small">
        Several flags can share a group of users: <a href={PAGES.segments.path}>see segments</a>.
      </p>
    )
  return (
    <label class="field">
      Add a segment
      <select
        value=""
        onChange={(event) => {
          onAdd(toCondition(event.currentTarget.value))
          event.currentTarget.value = ''
        }}
      >
        <option value="">Choose one</option>
        {[
          ['in', 'Users in'],
          ['not', 'Users not in'],
        ].map(([how, label]) => (
          <optgroup key={how} label={label}>
            {items.map(({ key }) => (
              <option key={key} value={`${how} ${key}`}>
                {key}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}
