import type { Experiment } from '../../schema/experiment.ts'
import { listZones, WHOLE, writeViewQuery, type ResultsView } from '../model/results-view.ts'
import { setQuery } from '../router.ts'
import { Button } from './button.tsx'

type Props = { readonly experiment: Experiment; readonly view: ResultsView }

const RANGE = [
  ['from', 'First day'],
  ['to', 'Last day'],
] as const

/** With two variants, another baseline only changes the sign. */
const MINIMUM_VARIANTS = 3

const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone

/** Chooses the zone of the days. The verdict stays that of UTC days. */
const ZoneChoice = ({ zone }: { readonly zone: string }) => {
  const zones = listZones(zone, OWN_ZONE)
  return zones.length < 2 ? null : (
    <label>
      Days of
      <select value={zone} onChange={(event) => setQuery({ zone: event.currentTarget.value })}>
        {zones.map((name) => (
          <option key={name} value={name}>
            {name || 'UTC'}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Chooses a range or another baseline. The URL keeps them, so that a view can be shared. */
export const ResultsToolbar = ({ experiment: { variants }, view }: Props) => (
  <search class="toolbar" aria-label="Choose what to compare">
    {RANGE.map(([name, label]) => (
      <label key={name}>
        {label} ({view.zone || 'UTC'})
        <input
          type="date"
          value={view[name]}
          onChange={(event) => setQuery({ [name]: event.currentTarget.value })}
        />
      </label>
    ))}
    <ZoneChoice zone={view.zone} />
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
