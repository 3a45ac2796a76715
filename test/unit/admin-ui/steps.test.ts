import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../schema/experiment.ts'
import { STEPS, listSteps, describeStep, type Step } from '../../../admin-ui/model/steps.ts'
import {
  archive,
  launch,
  pause,
  remove,
  stop,
  unarchive,
} from '../../../worker/experiments/lifecycle.ts'
import { experimentWith } from '../../support/experiment-fixture.ts'

const experiment = experimentWith()
const now = new Date('2026-11-02')

/** The same experiment in every status. */
const LIFE: readonly Experiment[] = [
  experiment,
  ...(['RUNNING', 'PAUSED', 'STOPPED'] as const).map((status) => ({
    ...experiment,
    status,
    launchedAt: experiment.createdAt,
  })),
  {
    ...experiment,
    status: 'STOPPED',
    launchedAt: experiment.createdAt,
    archivedAt: experiment.createdAt,
  },
]

const isTaken: Readonly<Record<Step, (from: Experiment) => boolean>> = {
  launch: (from) => 'next' in launch(from, {}, now, []),
  pause: (from) => 'next' in pause(from),
  stop: (from) => 'next' in stop(from, now),
  rerun: (from) => from.status === 'STOPPED' && 'next' in launch(from, {}, now, [], true),
  archive: (from) => from.archivedAt === null && 'next' in archive(from, now),
  unarchive: (from) => from.archivedAt !== null && 'next' in unarchive(from),
  delete: (from) => 'next' in remove(from),
}

describe('Life cycle steps', () => {
  it.each(LIFE)('from $status are the ones that the server accepts', (from) => {
    const offered = listSteps(from).filter((step) => step !== 'edit')
    const taken = (Object.keys(STEPS) as Step[]).filter((step) => isTaken[step](from))
    expect(new Set(offered)).toEqual(new Set(taken))
  })

  it('have another description for the second launch', () => {
    const again = describeStep('launch', { ...experiment, launchedAt: experiment.createdAt })
    expect(again.meaning('3 assigned users')['Assigned users']).toContain('3 assigned users see')
    expect(describeStep('launch', experiment).meaning('').Users).toContain('first visit')
  })
})
