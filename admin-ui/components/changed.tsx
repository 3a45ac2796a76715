import { formatAgo, formatExact } from '../model/time.ts'
import { now } from '../state/clock.ts'

/** The time and author of a change. The exact time is in the title. */
export const Changed = ({ at, by }: { readonly at: string; readonly by?: string | null }) => (
  <span>
    <time dateTime={at} title={formatExact(at)}>
      {formatAgo(at, now())}
    </time>
    {by && (
      <>
        {' by '}
        <bdi>{by}</bdi>
      </>
    )}
  </span>
)
