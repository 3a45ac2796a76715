import type { Experiment } from '../../schema/experiment.ts'

/** A step of the life cycle that is asked about before it is taken. */
export type Step = 'launch' | 'pause' | 'stop' | 'delete'

type StepDescription = {
  readonly name: string
  /** On the button that does it, when that says more. */
  readonly action?: string
  readonly isDangerous?: boolean
  /** What it means: for those who have a variant, for new users, for the results. */
  readonly meaning: (assigned: string) => Readonly<Record<string, string>>
}

const WITHOUT = 'see what the app shows without a variant'

export const STEPS: Readonly<Record<Step, StepDescription>> = {
  launch: {
    name: 'Launch',
    meaning: () => ({
      Users: 'Each gets a variant at the first visit and keeps it for ever.',
      Settings: 'Variants can be changed only while it is paused.',
      Results: 'They appear with the first users.',
    }),
  },
  pause: {
    name: 'Pause',
    meaning: (assigned) => ({
      'Assigned users': `${assigned} ${WITHOUT}, until it is launched again; then their old variant.`,
      'New users': 'Nobody new is assigned.',
      Results: 'They stay. The settings can be changed while it is paused.',
    }),
  },
  stop: {
    name: 'Stop',
    action: 'Stop for good',
    isDangerous: true,
    meaning: (assigned) => ({
      'Assigned users': `${assigned} ${WITHOUT}, from now on.`,
      'New users': 'Nobody is assigned any more.',
      Results: 'They stay; bookings of the next 7 days still count. It cannot be launched again.',
    }),
  },
  delete: {
    name: 'Delete',
    isDangerous: true,
    meaning: () => ({
      Users: 'Nobody was ever assigned.',
      Key: 'It becomes free. The audit keeps what the draft was.',
    }),
  },
}

/** What another launch means, after a pause. */
const AGAIN: StepDescription = {
  ...STEPS.launch,
  meaning: (assigned) => ({
    'Assigned users': `${assigned} see their old variant again.`,
    'New users': 'They get a variant by the shares above.',
    Results: 'Counting goes on where it stopped.',
  }),
}

export const describeStep = (step: Step, { launchedAt }: Experiment): StepDescription =>
  step === 'launch' && launchedAt !== null ? AGAIN : STEPS[step]

/** The steps that can be taken from where it is, and `edit`. */
export const listSteps = ({ status }: Experiment): readonly (Step | 'edit')[] => {
  switch (status) {
    case 'DRAFT':
      return ['launch', 'edit', 'delete']
    case 'RUNNING':
      return ['pause', 'edit', 'stop']
    case 'PAUSED':
      return ['launch', 'edit', 'stop']
    case 'STOPPED':
      return []
  }
}
