import * as z from 'zod'
import { AttributeConditions, SegmentKey } from './condition.ts'
import { MAX_USER_ID_LENGTH } from './context-attributes.ts'
import { Comment, Prose } from './flag.ts'
import { PageQuery } from './page.ts'

export { SegmentKey }

/** Validation stops at the first wrong id: a list may have thousands. */
const UserId = z
  .string()
  .max(MAX_USER_ID_LENGTH, { abort: true })
  .refine((id) => id.trim() !== '', { error: 'the user id is blank', abort: true })

const UserIds = z
  .array(UserId)
  .max(5_000)
  .overwrite((ids) => [...new Set(ids)])

const settings = {
  description: Prose.nullable(),
  include: UserIds.describe('Users who are in the segment, whatever the conditions say.'),
  exclude: UserIds.describe('Users who are not in the segment, whatever else says so.'),
  conditions: AttributeConditions.describe(
    'All must hold. Without conditions the segment has the users of `include` only.',
  ),
}

/** The part of a segment that evaluation needs. */
export const SnapshotSegment = z.strictObject({
  key: SegmentKey,
  include: settings.include,
  exclude: settings.exclude,
  conditions: settings.conditions,
})
export type SnapshotSegment = z.infer<typeof SnapshotSegment>

export const Segment = z
  .object({
    key: SegmentKey,
    ...settings,
    version: z.int().min(1).describe('Grows with each change of this segment.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Segment' })
export type Segment = z.infer<typeof Segment>

/** The flags that use a segment, as in the audit: `flag:feature.new_checkout`. */
const usedBy = z.array(z.string()).describe('What uses it, as in `flag:feature.new_checkout`.')

/** A segment with the flags that use it. */
export const SegmentWithUsers = Segment.extend({ usedBy }).meta({ id: 'SegmentWithUsers' })
export type SegmentWithUsers = z.infer<typeof SegmentWithUsers>

/** A segment in the list of all segments, with the sizes of its lists. */
export const ListedSegment = Segment.omit({ include: true, exclude: true, conditions: true })
  .extend({
    included: z.int().describe('Users in `include`.'),
    excluded: z.int().describe('Users in `exclude`.'),
    conditions: z.int().describe('How many conditions it has.'),
    usedBy: z.int().describe('How many flags use it.'),
    updatedBy: z.string().nullable().describe('The actor of its last change.'),
  })
  .meta({ id: 'ListedSegment' })
export type ListedSegment = z.infer<typeof ListedSegment>

/** The members that an admin sets. The store sets the rest. */
export const SegmentSettings = z.strictObject(settings)
export type SegmentSettings = z.infer<typeof SegmentSettings>

/** PUT replaces the segment: absent members take their defaults. */
export const SegmentReplacement = z
  .strictObject({
    description: settings.description.default(null),
    include: settings.include.default([]),
    exclude: settings.exclude.default([]),
    conditions: settings.conditions.default([]),
    comment: Comment,
  })
  .meta({ id: 'SegmentReplacement' })

/** PATCH changes only the members that it names. */
export const SegmentPatch = SegmentSettings.partial()
  .extend({ comment: Comment })
  .meta({ id: 'SegmentPatch' })

/** The answer to an edit: the snapshot version in which it takes effect, and whether that is published already. */
export const SegmentEdit = z
  .object({ segment: Segment.nullable(), snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'SegmentEdit' })

export const SegmentQuery = PageQuery.extend({
  search: z
    .string()
    .max(200)
    .optional()
    .describe('Words. Each is part of the key or of the description.'),
})
export type SegmentQuery = z.infer<typeof SegmentQuery>
