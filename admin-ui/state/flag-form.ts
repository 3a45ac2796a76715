import { batch, computed, signal } from '@preact/signals'
import type { Flag } from '../../schema/flag.ts'
import type { Issue } from '../../schema/problem.ts'
import { findDifferences } from '../model/diff.ts'
import { toDraftOrNew, findField, toDraft, type Draft, type Field } from '../model/draft.ts'

/** Creates the form of one flag: its base, its draft and the issues of the server. */
export const createFlagForm = (flag: Flag | null) => {
  const base = signal(flag)
  const draft = signal<Draft>(toDraftOrNew(flag))
  const issues = signal<readonly Issue[]>([])
  const baseDraft = computed(() => toDraftOrNew(base.value))
  return {
    base,
    draft,
    issues,
    baseDraft,
    changes: computed(() => findDifferences(baseDraft.value, draft.value)),
    /** True when the flag is newer than the base of the form. */
    isBehind: ({ version }: Flag) => version > (base.value?.version ?? 0),
    set: (changes: Partial<Draft>) => {
      draft.value = { ...draft.value, ...changes }
    },
    /** Starts again from the current flag with a new draft. */
    restart(from: Flag, next: Draft = toDraft(from)) {
      batch(() => {
        base.value = from
        draft.value = next
        issues.value = []
      })
    },
    issuesOf: (field: Field | null) =>
      issues.value.filter(({ path }) => findField(path) === field).map(({ message }) => message),
  }
}

export type FlagForm = ReturnType<typeof createFlagForm>
