import { batch, computed, signal } from '@preact/signals'
import type { Issue } from '../../schema/problem.ts'
import type { FormKind } from '../model/form-kind.ts'

type Versioned = { readonly version: number }

/** Creates a form of one flag or segment: its base, its draft and the issues of the server. Null starts a new one. */
export const createForm = <Thing extends Versioned, Draft extends object>(
  kind: FormKind<Thing, Draft>,
  thing: Thing | null,
) => {
  const base = signal(thing)
  const baseDraft = computed(() => (base.value ? kind.toDraft(base.value) : kind.newDraft))
  const draft = signal<Draft>(baseDraft.value)
  const issues = signal<readonly Issue[]>([])
  return {
    kind,
    base,
    draft,
    issues,
    baseDraft,
    changes: computed(() => kind.findDifferences(baseDraft.value, draft.value)),
    /** True when the stored one is newer than the base of the form. */
    isBehind: ({ version }: Versioned) => version > (base.value?.version ?? 0),
    set: (changes: Partial<Draft>) => {
      draft.value = { ...draft.value, ...changes }
    },
    /** Starts again from the stored one with a new draft. */
    restart(from: Thing, next: Draft = kind.toDraft(from)) {
      batch(() => {
        base.value = from
        draft.value = next
        issues.value = []
      })
    },
    issuesOf: (field: (keyof Draft & string) | null) =>
      issues.value
        .filter(({ path }) => kind.findField(path) === field)
        .map(({ message }) => message),
  }
}

export type Form<Thing extends Versioned, Draft extends object> = ReturnType<
  typeof createForm<Thing, Draft>
>
