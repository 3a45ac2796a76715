import { computed, signal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Issue } from '../../schema/problem.ts'
import { ApiError } from '../api.ts'
import {
  findChanges,
  toExperimentDraft,
  NEW_EXPERIMENT,
  type ExperimentDraft,
} from '../model/experiment-draft.ts'

/**
 * Creates the form of one experiment: its base, its draft and the issues of the server.
 *
 * @param start the draft of an experiment without a base
 */
export const createExperimentForm = (
  base: Experiment | null,
  start: ExperimentDraft = base ? toExperimentDraft(base) : NEW_EXPERIMENT,
) => {
  const draft = signal<ExperimentDraft>(start)
  const issues = signal<readonly Issue[]>([])
  const isSaved = signal(false)
  const issuesWhere = (isThere: (path: string) => boolean): readonly string[] =>
    issues.value.filter(({ path }) => isThere(path)).map(({ message }) => message)
  return {
    base,
    draft,
    issues,
    isSaved,
    changes: computed(() => (base ? findChanges(base, draft.value) : {})),
    isTouched: computed(
      () => !isSaved.value && JSON.stringify(draft.value) !== JSON.stringify(start),
    ),
    set: (changes: Partial<ExperimentDraft>) => {
      draft.value = { ...draft.value, ...changes }
    },
    /** The issues at exactly this path. */
    issuesOf: (whole: string) => issuesWhere((path) => path === whole),
    /** The issues at this path and below it. */
    issuesAt: (whole: string) => issuesWhere((path) => `${path}.`.startsWith(`${whole}.`)),
    /** Sends the form and keeps the issues for the fields. Throws every error again. */
    async submit(send: () => Promise<void>) {
      issues.value = []
      try {
        await send()
        isSaved.value = true
      } catch (error) {
        if (error instanceof ApiError) issues.value = error.issues
        throw error
      }
    },
  }
}

export type ExperimentForm = ReturnType<typeof createExperimentForm>
