import type { AttributeCondition } from '../../schema/condition.ts'
import type { Segment, SegmentSettings } from '../../schema/segment.ts'
import { describeCondition } from '../../worker/evaluate/index.ts'
import { listDifferences, type Difference } from './diff.ts'
import type { FormKind } from './form-kind.ts'

/** A segment in the form: without nulls. */
export type SegmentDraft = {
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly conditions: readonly AttributeCondition[]
  readonly description: string
}

type Field = keyof SegmentDraft

/** The fields in the order of the form, with their names. */
export const SEGMENT_FIELDS: Readonly<Record<Field, string>> = {
  include: 'Included users',
  exclude: 'Excluded users',
  conditions: 'Conditions',
  description: 'Description',
}

const fields = Object.keys(SEGMENT_FIELDS) as Field[]

const toSegmentDraft = ({
  description,
  include,
  exclude,
  conditions,
}: SegmentSettings): SegmentDraft => ({
  include,
  exclude,
  conditions,
  description: description ?? '',
})

const NEW_SEGMENT: SegmentDraft = { include: [], exclude: [], conditions: [], description: '' }

export const toSegmentDraftOrNew = (segment: SegmentSettings | null): SegmentDraft =>
  segment ? toSegmentDraft(segment) : NEW_SEGMENT

/** Turns a draft into settings. */
export const toSegmentSettings = ({
  description,
  include,
  exclude,
  conditions,
}: SegmentDraft): SegmentSettings => ({
  description: description.trim() || null,
  include: [...include],
  exclude: [...exclude],
  conditions: [...conditions],
})

const toTexts = (draft: SegmentDraft, field: Field): string | readonly string[] =>
  field === 'conditions' ? draft.conditions.map(describeCondition) : draft[field]

/** Finds the differences of two drafts, in the order of the form. */
export const findSegmentDifferences = (before: SegmentDraft, after: SegmentDraft): Difference[] =>
  fields.flatMap((field) =>
    listDifferences(SEGMENT_FIELDS[field], toTexts(before, field), toTexts(after, field)),
  )

const describeValue = (value: SegmentDraft[Field]): string =>
  typeof value === 'string'
    ? value || 'none'
    : value.map((item) => (typeof item === 'string' ? item : describeCondition(item))).join(', ') ||
      'none'

export const SEGMENT_FORM: FormKind<Segment, SegmentDraft> = {
  noun: 'segment',
  newHint: 'A new segment starts without users.',
  labels: SEGMENT_FIELDS,
  newDraft: NEW_SEGMENT,
  toDraft: toSegmentDraft,
  findDifferences: findSegmentDifferences,
  inWords: (_, value) => describeValue(value),
  findField: (path) => fields.find((field) => field === path.split('.')[0]) ?? null,
}
