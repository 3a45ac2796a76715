import type { Metrics } from '../../schema/metrics.ts'

type Words = Metrics['words']

/** The verdict of the results, in words. */
export const VerdictPanel = ({ words }: { readonly words: Words }) => (
  <div class="card" data-tone={words.tone}>
    <h3>{words.headline}</h3>
    <p>{words.detail}</p>
    <p>
      <b>Next:</b> {words.next}
    </p>
  </div>
)
