import type { Segment } from '../../schema/segment.ts'
import { SEGMENT_FORM, type SegmentDraft } from '../model/segment-draft.ts'
import { createForm, type Form } from './form.ts'

/** Creates the form of one segment. */
export const createSegmentForm = (segment: Segment | null) => createForm(SEGMENT_FORM, segment)

export type SegmentForm = Form<Segment, SegmentDraft>
