import type { Variant } from '../../schema/experiment.ts'
import { shareText } from '../../worker/experiments/numbers.ts'
import { layOutSegments } from '../../worker/experiments/shares.ts'

/** How new users are divided: a bar, and in words. Neighbours differ in shade; the words say which is which. */
export const ShareBar = ({ variants }: { readonly variants: readonly Variant[] }) => {
  const segments = layOutSegments(variants)
  return (
    <div class="share-bar">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        {segments.map(({ from, share }, index) => (
          // By place: while names are typed, two may be the same.
          // oxlint-disable-next-line react/no-array-index-key
          <rect key={index} x={from * 100} width={share * 100} height="8" />
        ))}
      </svg>
      <p class="row small">
        {segments.map(({ name, share }, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index}>
            <bdi>{name || 'unnamed'}</bdi> <b>{shareText(share)}</b>
          </span>
        ))}
      </p>
    </div>
  )
}
