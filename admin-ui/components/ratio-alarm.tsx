import type { Metrics } from '../../schema/metrics.ts'
import { count, shareText } from '../../worker/experiments/numbers.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import { DataTable } from './data-table.tsx'
import { Section } from './section.tsx'

type Split = {
  readonly title?: string
  readonly caption: string
  readonly variants: readonly Pick<Metrics['variants'][number], 'name' | 'weight' | 'assignments'>[]
}

/** Lists the splits that do not fit: of the phases, or of the whole experiment without phases. */
const listMismatches = ({ variants, phases, analysis }: Metrics): readonly Split[] => {
  const caption = 'Assigned and expected users'
  if (phases === undefined) return [{ caption, variants }]
  const wrong = new Set(
    analysis.phases
      ?.filter(({ sampleRatio }) => sampleRatio.status === 'mismatch')
      .map(({ phase }) => phase),
  )
  return phases
    .filter(({ phase }) => wrong.has(phase))
    .map((phase) => ({
      title: `Phase ${phase.phase}`,
      caption: `${caption} in phase ${phase.phase}`,
      variants: phase.variants.map((variant) => ({ ...variant, weight: variant.weight ?? 0 })),
    }))
}

const Expected = ({ caption, variants }: Omit<Split, 'title'>) => {
  const shares = computeShares(variants)
  const total = variants.reduce((sum, { assignments }) => sum + assignments, 0)
  return (
    <DataTable
      caption={caption}
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
export const RatioAlarm = ({ metrics }: { readonly metrics: Metrics }) => (
  <Section
    class="card"
    data-tone="bad"
    role="alert"
    title="⚠ Do not trust these results: sample ratio mismatch"
  >
    {listMismatches(metrics).map((split) => (
      <div key={split.caption}>
        {split.title && <b>{split.title}</b>}
        <Expected {...split} />
      </div>
    ))}
    <p>
      <b>Usual causes:</b> a variant crashes or redirects before its exposure; bots are filtered
      after the assignment; an app chooses the variant itself.
    </p>
  </Section>
)
