import type { Experiment } from '../../schema/experiment.ts'

/** A step of the life cycle. A dialog asks before it is taken. */
export type Step = 'launch' | 'pause' | 'stop' | 'rerun' | 'archive' | 'unarchive' | 'delete'

type StepDescription = {
  readonly name: string
  /** The text of the button, when it differs from the name. */
  readonly action?: string
  readonly isDangerous?: boolean
  /** The consequences of the step for assigned users, new users and results. */
  readonly meaning: (assigned: string) => Readonly<Record<string, string>>
}

const WITHOUT = 'get what the app shows by default'

export const STEPS: Readonly<Record<Step, StepDescription>> = {
  launch: {
    name: 'Launch',
    meaning: () => ({
      Users: 'Each user gets a variant at the first visit and keeps it for ever.',
      Settings: 'Variants can change only while the experiment is paused.',
      Results: 'They appear with the first users.',
    }),
  },
  pause: {
    name: 'Pause',
    meaning: (assigned) => ({
      'Assigned users': `${assigned} ${WITHOUT}. After the next launch they get their old variant.`,
      'New users': 'No new user is assigned.',
      Results: 'They stay. You can change the settings while it is paused.',
    }),
  },
  stop: {
    name: 'Stop',
    action: 'Stop now',
    isDangerous: true,
    meaning: (assigned) => ({
      'Assigned users': `${assigned} ${WITHOUT}, from now on.`,
      'New users': 'No user is assigned any more.',
      Results:
        'They stay. Bookings of the next 7 days still count. You can run it again later; its results then begin anew.',
    }),
  },
  rerun: {
    name: 'Run again',
    isDangerous: true,
    meaning: (assigned) => ({
      'Assigned users': `${assigned} keep their variants. They do not count in the new run.`,
      'New users': 'They get a variant by the shares above.',
      Results: 'They begin anew with the next user. The earlier ones leave the verdict for good.',
      Decision: 'It is cleared. The audit keeps it.',
      Instead: 'To test with the same users again, copy the experiment under a new key.',
    }),
  },
  archive: {
    name: 'Archive',
    meaning: () => ({
      Lists: 'It leaves the list. Choose “Archived” there to see it.',
      Apps: 'An app that still asks for it gets “not found”, and shows its default.',
      Results: 'They stay. Rows that an app sends late are refused from now on.',
      Undo: 'You can bring it back at any time.',
    }),
  },
  unarchive: {
    name: 'Bring back',
    meaning: () => ({
      Lists: 'It is in the list again, stopped as it was.',
      Results: 'They did not change.',
    }),
  },
  delete: {
    name: 'Delete',
    isDangerous: true,
    meaning: () => ({
      Users: 'No user was ever assigned.',
      Key: 'You can use the key again. The audit keeps the draft.',
    }),
  },
}

/** A launch after a pause. */
const AGAIN: StepDescription = {
  ...STEPS.launch,
  meaning: (assigned) => ({
    'Assigned users': `${assigned} see their old variant again.`,
    'New users': 'They get a variant by the shares above.',
    Results: 'Counting continues.',
  }),
}

/** The deletion of an archived experiment. */
const WITH_RESULTS: StepDescription = {
  ...STEPS.delete,
  action: 'Delete for good',
  meaning: (assigned) => ({
    Results: 'All results are lost, with each assignment and exposure. Nothing can restore them.',
    Users: `The records of ${assigned} are deleted. An app may still show a variant that it kept.`,
    Key: 'The key cannot be used again, because users would get their old variants.',
    Audit: 'It keeps the settings and who deleted them.',
  }),
}

export const describeStep = (step: Step, { launchedAt }: Experiment): StepDescription => {
  if (launchedAt === null) return STEPS[step]
  return step === 'launch' ? AGAIN : step === 'delete' ? WITH_RESULTS : STEPS[step]
}

/** Steps that need the key typed, because nothing can undo them. */
export const isFinal = (step: Step, { launchedAt }: Experiment): boolean =>
  step === 'stop' || (step === 'delete' && launchedAt !== null)

/** Lists the steps that the current status allows, and `edit`. */
export const listSteps = ({ status, archivedAt }: Experiment): readonly (Step | 'edit')[] => {
  switch (status) {
    case 'DRAFT':
      return ['launch', 'edit', 'delete']
    case 'RUNNING':
      return ['pause', 'edit', 'stop']
    case 'PAUSED':
      return ['launch', 'edit', 'stop']
    case 'STOPPED':
      return archivedAt === null ? ['edit', 'rerun', 'archive'] : ['unarchive', 'delete']
  }
}
