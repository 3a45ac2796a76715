import type { Experiment } from '../../schema/experiment.ts'

const CREATED = '2026-01-01T00:00:00.000Z'

/** A draft as it was created, half A and half B, but for what a test says otherwise. */
export const experimentWith = (settings: Partial<Experiment> = {}): Experiment => ({
  key: 'checkout-redesign',
  description: null,
  variants: [
    { name: 'A', weight: 50 },
    { name: 'B', weight: 50 },
  ],
  startAt: null,
  stopAt: null,
  plan: null,
  owner: null,
  note: null,
  decision: null,
  archivedAt: null,
  status: 'DRAFT',
  launchedAt: null,
  reweightedAt: null,
  version: 1,
  createdAt: CREATED,
  updatedAt: CREATED,
  ...settings,
})
