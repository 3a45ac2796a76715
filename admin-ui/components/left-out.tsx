import type { Metrics } from '../../schema/metrics.ts'
import { counted } from '../../worker/experiments/numbers.ts'

/** People who are in no number of this page: they had two variants. */
export const LeftOut = ({ conflicts }: Pick<Metrics, 'conflicts'>) =>
  conflicts === 0 ? null : (
    <p class="quiet small">
      {counted(conflicts, 'user')} left out: they had one variant before they signed in, and another
      as the user they are.
    </p>
  )
