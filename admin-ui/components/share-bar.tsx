import type { Variant } from '../../schema/experiment.ts'
import { shareText } from '../../worker/experiments/numbers.ts'
import { layOutSegments } from '../../worker/experiments/shares.ts'

/** The shares of the variants, as a bar and in words. */
export const ShareBar = ({ variants }: { readonly variants: readonly Variant[] }) => {
  const segments = layOutSegments(variants)
  return (
    <div class="share-bar">
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        {segments.map(({ from, share }, index) => (
          // The index is the key, because two names may be equal while they are typed.
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
