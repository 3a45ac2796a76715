import type { Difference } from './diff.ts'

/** What a form edits. A draft has the members of `labels`, in their order. */
export type FormKind<Thing, Draft extends object> = {
  readonly noun: 'flag' | 'segment'
  /** Says how a new one starts. */
  readonly newHint: string
  readonly labels: Readonly<Record<keyof Draft & string, string>>
  readonly newDraft: Draft
  readonly toDraft: (thing: Thing) => Draft
  readonly findDifferences: (before: Draft, after: Draft) => Difference[]
  readonly inWords: <Field extends keyof Draft & string>(
    field: Field,
    value: Draft[Field],
  ) => string
  /** Finds the field of an issue by its path. */
  readonly findField: (path: string) => (keyof Draft & string) | null
}
