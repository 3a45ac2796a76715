import type { Metrics } from '../../schema/metrics.ts'

type Words = Metrics['words']

const MARKS: Readonly<Record<Words['tone'], string>> = {
  alarm: '⚠',
  wait: '…',
  open: '≈',
  better: '▲',
  worse: '▼',
}

/** What it all means, first. */
export const VerdictPanel = ({ words }: { readonly words: Words }) => (
  <div class="card" data-tone={words.tone}>
    <h3>
      <span aria-hidden="true">{MARKS[words.tone]} </span>
      {words.headline}
    </h3>
    <p>{words.detail}</p>
    <p>
      <b>Next:</b> {words.next}
    </p>
  </div>
)
