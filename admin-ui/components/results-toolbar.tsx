import type { Experiment } from '../../schema/experiment.ts'
import { WHOLE, writeViewQuery, type ResultsView } from '../model/results-view.ts'
import { setQuery } from '../router.ts'
import { Button } from './button.tsx'

type Props = { readonly experiment: Experiment; readonly view: ResultsView }

const RANGE = [
  ['from', 'First day (UTC)'],
  ['to', 'Last day (UTC)'],
] as const

/** With two variants, another baseline only changes the sign. */
const MINIMUM_VARIANTS = 3

/** Chooses a range or another baseline. The URL keeps them, so that a view can be shared. */
export const ResultsToolbar = ({ experiment: { variants }, view }: Props) => (
  <search class="toolbar" aria-label="Choose what to compare">
    {RANGE.map(([name, label]) => (
      <label key={name}>
        {label}
        <input
          type="date"
          value={view[name]}
          onChange={(event) => setQuery({ [name]: event.currentTarget.value })}
        />
      </label>
    ))}
    {variants.length >= MINIMUM_VARIANTS && (
      <label>
        Compare with
        <select
          value={view.baseline}
          onChange={(event) => setQuery({ baseline: event.currentTarget.value })}
        >
          {variants.map(({ name }, index) => (
            <option key={name} value={index === 0 ? '' : name}>
              {name}
              {index === 0 ? ' (control)' : ' (exploration, no verdict)'}
            </option>
          ))}
        </select>
      </label>
    )}
    {writeViewQuery(view) && (
      <Button onClick={() => setQuery(WHOLE)}>Show the whole experiment</Button>
    )}
  </search>
)
