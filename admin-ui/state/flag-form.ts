import type { Flag } from '../../schema/flag.ts'
import { findDifferences, inWords } from '../model/diff.ts'
import { FIELDS, findField, NEW_DRAFT, toDraft, type Draft } from '../model/draft.ts'
import type { FormKind } from '../model/form-kind.ts'
import { createForm, type Form } from './form.ts'

const FLAG_FORM: FormKind<Flag, Draft> = {
  noun: 'flag',
  newHint: 'A new flag starts off, with a rollout of 0 %.',
  labels: FIELDS,
  newDraft: NEW_DRAFT,
  toDraft,
  findDifferences,
  inWords,
  findField,
}

/** Creates the form of one flag. */
export const createFlagForm = (flag: Flag | null) => createForm(FLAG_FORM, flag)

export type FlagForm = Form<Flag, Draft>
