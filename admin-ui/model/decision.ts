import type { Decision } from '../../schema/experiment-record.ts'

export const OUTCOMES: Readonly<Record<Decision['outcome'], string>> = {
  ship: 'Ship a variant',
  keep: 'Keep the control',
  inconclusive: 'Inconclusive',
  invalid: 'Invalid: the data cannot be trusted',
}

export const describeDecision = ({ outcome, variant }: Decision): string =>
  outcome === 'ship' ? `Ship ${variant ?? ''}` : OUTCOMES[outcome]
