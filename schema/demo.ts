import type { Behaviour } from './demo-history.ts'
import type { ExperimentCreation } from './experiment.ts'
import type { FlagSettings } from './flag.ts'
import type { ClientSettings, KeyKind } from './key.ts'

/*
 * The data that `npm start` puts into an empty local database; a migration never does. The credentials are public:
 * the documentation lists them.
 */

export const demoKeys: readonly {
  readonly name: string
  readonly kind: KeyKind
  readonly secret: string
  readonly settings?: Partial<ClientSettings>
}[] = [
  // It trusts roles, so that you can try a flag with a role rule from a page.
  {
    name: 'local client',
    kind: 'client',
    secret: 'flags_client_local',
    settings: { trustsRole: true },
  },
  { name: 'local server', kind: 'server', secret: 'flags_server_local' },
  { name: 'local admin', kind: 'admin', secret: 'flags_admin_local' },
  { name: 'local editor', kind: 'editor', secret: 'flags_editor_local' },
  { name: 'local viewer', kind: 'viewer', secret: 'flags_viewer_local' },
]

const killSwitch = (description: string): FlagSettings => ({
  description,
  enabled: true,
  rollout: 100,
  rules: null,
  killSwitch: true,
})

export const demoFlags: Readonly<Record<string, FlagSettings>> = {
  'booking.enabled': killSwitch(
    'Selling tickets at all. Off: event pages stay up, "Book" is gone.',
  ),
  'checkout.enabled': killSwitch('Starting a checkout. Off: carts are kept, nobody can pay.'),
  'payments.enabled': killSwitch('Taking payments. Off: orders wait for payment.'),
  'feature.new_checkout': {
    description: 'The one-page checkout.',
    enabled: true,
    rollout: 50,
    rules: null,
    killSwitch: false,
  },
  'checkout.new_ui': {
    description: 'The redesigned checkout, for staff and organizers in two cities.',
    enabled: true,
    rollout: 20,
    rules: { roles: ['ADMIN', 'ORGANIZER'], cities: ['Mumbai', 'Delhi'] },
    killSwitch: false,
  },
}

/** The first experiment has been running for two weeks, with the history of `demo-history.ts`. */
export const demoExperiments: readonly Omit<ExperimentCreation, 'comment'>[] = [
  {
    key: 'checkout-redesign',
    description: 'Does the redesigned checkout sell more tickets?',
    variants: [
      { name: 'A', weight: 50 },
      { name: 'B', weight: 50 },
    ],
    startAt: null,
    stopAt: null,
    plan: { baselineRate: 0.11, minimumDetectableEffect: 0.2, power: 0.8, alpha: 0.05 },
  },
  {
    key: 'pricing-display-test',
    description: 'Fees shown from the start, or at the end?',
    variants: [
      { name: 'control', weight: 50 },
      { name: 'upfront-fees', weight: 50 },
    ],
    startAt: null,
    stopAt: null,
    plan: null,
  },
]

export const demoBehaviour: Readonly<Record<string, Behaviour>> = {
  A: { conversionRate: 0.11, viewsPerUser: 1.8 },
  B: { conversionRate: 0.128, viewsPerUser: 2 },
}
