import type { Metrics } from '../../schema/metrics.ts'
import { count, shareText } from '../../worker/experiments/numbers.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import { DataTable } from './data-table.tsx'
import { Section } from './section.tsx'

const Expected = ({ variants }: Pick<Metrics, 'variants'>) => {
  const shares = computeShares(variants)
  const total = variants.reduce((sum, { assignments }) => sum + assignments, 0)
  return (
    <DataTable
      caption="Assigned and expected users"
      head={['Variant', 'Share set', 'Share seen', 'Expected', 'Assigned']}
      rows={variants.map(({ name, assignments }, index) => [
        name,
        shareText(shares[index] ?? 0),
        shareText(total === 0 ? 0 : assignments / total),
        count(total * (shares[index] ?? 0)),
        <b key="assigned">{count(assignments)}</b>,
      ])}
    />
  )
}

/** The alarm for a sample ratio mismatch: the assignments do not fit the weights, so the results are invalid. */
export const RatioAlarm = ({ variants }: Pick<Metrics, 'variants'>) => (
  <Section
    class="card"
    data-tone="bad"
    role="alert"
    title="⚠ Do not trust these results: sample ratio mismatch"
  >
    <Expected variants={variants} />
    <p>
      <b>Usual causes:</b> a variant crashes or redirects before its exposure; bots are filtered
      after the assignment; an app chooses the variant itself.
    </p>
  </Section>
)
