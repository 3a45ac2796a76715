import { useId } from 'preact/hooks'
import type { Metrics } from '../../schema/metrics.ts'
import { count, percent } from '../../worker/experiments/numbers.ts'

type Props = { readonly progress: Metrics['analysis']['progress'] }

/** The progress of the planned sample. */
export const PlanProgress = ({ progress }: Props) => {
  const id = useId()
  const { planned, smallest, fraction, reached } = progress
  if (planned === null) return <p class="quiet small">No sample planned</p>
  return (
    <div>
      <progress aria-labelledby={id} value={fraction} max={1} />
      <p id={id} class="small">
        <b>{reached ? 'Complete' : percent(Math.min(fraction, 0.99), 0)}</b>{' '}
        <span class="quiet">
          {count(smallest)} of {count(planned)} per variant that the plan asks for
        </span>
      </p>
    </div>
  )
}
