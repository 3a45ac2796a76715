import * as z from 'zod'

/** Dot notation by convention: `feature.new_checkout`. */
export const FlagKey = z
  .string()
  .max(128)
  .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/, {
    error: 'use lower-case letters and digits, joined by single dots, dashes or underscores',
  })
  .meta({ id: 'FlagKey', example: 'feature.new_checkout' })

/** A wrong name ends the list: of a large document, which has many, only the first is told. */
const Name = z.string().min(1, { abort: true }).max(256, { abort: true })
const Names = z.array(Name).max(5_000)

/** Whom a flag targets. An empty or absent list targets nobody out; comparison is exact. */
export const Rules = z
  .strictObject({
    roles: Names.optional(),
    cities: Names.optional(),
    categories: Names.optional(),
    allowList: Names.optional(),
    denyList: Names.optional(),
  })
  .meta({ id: 'Rules' })
export type Rules = z.infer<typeof Rules>

/**
 * A text for people. D1 cannot keep half a character, which JSON can carry; it is replaced before anything else, so that
 * what is answered is what is kept, and the same edit again changes nothing.
 */
export const Prose = z
  .string()
  .max(1_000)
  .overwrite((text) => text.toWellFormed())

const settings = {
  description: Prose.nullable(),
  enabled: z.boolean().describe('Globally active; off beats everything, the allow list included.'),
  rollout: z.int().min(0).max(100).describe('Share of users who get it, in percent.'),
  rules: Rules.nullable(),
  killSwitch: z
    .boolean()
    .describe('A critical switch: pinned in the UI, its edits ask for confirmation.'),
}

export const Flag = z
  .object({
    key: FlagKey,
    ...settings,
    version: z.int().min(1).describe('Grows with each change of this flag; the optimistic lock.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Flag' })
export type Flag = z.infer<typeof Flag>

/** A flag in the list of all: with who changed it last, which the audit knows. */
export const ListedFlag = Flag.extend({
  updatedBy: z.string().nullable().describe('The actor of its last change.'),
}).meta({ id: 'ListedFlag' })
export type ListedFlag = z.infer<typeof ListedFlag>

/** What an admin decides about a flag; the rest of it is bookkeeping. */
export const FlagSettings = z.strictObject(settings)
export type FlagSettings = z.infer<typeof FlagSettings>

/** Why a change was made; kept in the audit row, never part of the thing that changed. */
export const Comment = Prose.optional()

/** PUT replaces: what is absent takes its default. */
export const FlagReplacement = z
  .strictObject({
    description: settings.description.default(null),
    enabled: settings.enabled.default(false),
    rollout: settings.rollout.default(0),
    rules: settings.rules.default(null),
    killSwitch: settings.killSwitch.default(false),
    comment: Comment,
  })
  .meta({ id: 'FlagReplacement' })

/** PATCH changes only what it names. */
export const FlagPatch = FlagSettings.partial()
  .extend({ comment: Comment })
  .meta({ id: 'FlagPatch' })

/** What an edit answers: the snapshot version in which it takes effect, and whether that is out already. */
export const FlagEdit = z
  .object({ flag: Flag.nullable(), snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'FlagEdit' })
