import type { Metrics } from '../../schema/metrics.ts'
import { count, shareText } from '../../worker/experiments/numbers.ts'
import { computeShares } from '../../worker/experiments/shares.ts'
import { formatUtc } from '../model/local-time.ts'
import { DataTable } from './data-table.tsx'

type PhaseCounts = NonNullable<Metrics['phases']>[number]
type Status = Metrics['analysis']['sampleRatio']['status']

const RATIOS: Readonly<Record<Status, string>> = {
  balanced: 'fits the weights',
  mismatch: 'does not fit the weights',
  unknown: 'not checked',
}

const describeWeights = ({ variants }: PhaseCounts): string => {
  const weighted = variants.flatMap(({ name, weight }) =>
    weight === null ? [] : [{ name, weight }],
  )
  if (weighted.length < variants.length) return 'unknown'
  const shares = computeShares(weighted)
  return weighted.map(({ name }, index) => `${name} ${shareText(shares[index] ?? 0)}`).join(', ')
}

const sum = ({ variants }: PhaseCounts, name: 'assignments' | 'exposedUsers') =>
  variants.reduce((total, variant) => total + variant[name], 0)

/** The times with constant weights, if there are several. */
export const PhaseTable = ({ metrics }: { readonly metrics: Metrics }) => {
  const { phases, analysis } = metrics
  if (phases === undefined) return null
  const ratios = new Map(
    analysis.phases?.map(({ phase, sampleRatio }) => [phase, sampleRatio.status]),
  )
  const describeRatio = ({ phase, isCounted }: PhaseCounts) =>
    isCounted ? RATIOS[ratios.get(phase) ?? analysis.sampleRatio.status] : 'before the new start'
  return (
    <div>
      <h3>Phases</h3>
      <p class="quiet small">A phase is a time in which the weights stayed the same.</p>
      <DataTable
        caption="Phases"
        head={['Phase', 'Since', 'Weights', 'Assigned', 'Exposed users', 'Split']}
        rows={phases.map((phase) => [
          phase.phase,
          phase.startedAt === undefined ? '–' : formatUtc(phase.startedAt),
          describeWeights(phase),
          count(sum(phase, 'assignments')),
          count(sum(phase, 'exposedUsers')),
          describeRatio(phase),
        ])}
      />
    </div>
  )
}
