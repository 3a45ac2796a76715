import * as z from 'zod'
import { Conditions } from './condition.ts'
import { FlagKey, Prose, Rollout } from './flag-key.ts'
import { normalizeServing } from './serving-members.ts'
import { checkServing } from './serving.ts'
import { servingShape } from './serving-shape.ts'

export { FlagKey, Prose } from './flag-key.ts'

/** Validation stops at the first wrong name: a large document may have thousands. */
const Name = z.string().min(1, { abort: true }).max(256, { abort: true })
const Names = z.array(Name).max(5_000)

/** The users that a flag targets. An empty or absent list matches everyone; names compare exactly. */
export const Rules = z
  .strictObject({
    roles: Names.optional(),
    cities: Names.optional(),
    categories: Names.optional(),
    allowList: Names.optional(),
    denyList: Names.optional(),
    where: Conditions.optional().describe('All of these must hold, too.'),
  })
  .meta({ id: 'Rules' })
export type Rules = z.infer<typeof Rules>

const settings = {
  description: Prose.nullable(),
  enabled: z
    .boolean()
    .describe('When false, the flag is off for everyone, the allow list included.'),
  rollout: Rollout.describe('Share of users who get it, in percent, with up to three decimals.'),
  rules: Rules.nullable(),
  killSwitch: z
    .boolean()
    .describe('A critical switch: pinned in the UI, its edits ask for confirmation.'),
  ...servingShape,
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

/** A flag in the list of all flags, with the actor of its last change, from the audit. */
export const ListedFlag = Flag.extend({
  updatedBy: z.string().nullable().describe('The actor of its last change.'),
}).meta({ id: 'ListedFlag' })
export type ListedFlag = z.infer<typeof ListedFlag>

/** The members that an admin sets. The store sets the rest. */
export const FlagSettings = z.strictObject(settings)
export type FlagSettings = z.infer<typeof FlagSettings>

/** Settings whose members fit together, without defaults that are spelled out. */
export const ConsistentSettings = FlagSettings.strip()
  .superRefine(checkServing)
  .overwrite(normalizeServing)

/** The reason of a change; kept in the audit row, not in the flag or experiment. */
export const Comment = Prose.optional()

/** Absent members take their defaults. */
export const CompletedSettings = z.strictObject({
  description: settings.description.default(null),
  enabled: settings.enabled.default(false),
  rollout: settings.rollout.default(0),
  rules: settings.rules.default(null),
  killSwitch: settings.killSwitch.default(false),
  ...servingShape,
})

/** PUT replaces the flag: absent members take their defaults. */
export const FlagReplacement = CompletedSettings.extend({ comment: Comment })
  .superRefine(checkServing)
  .overwrite(normalizeServing)
  .meta({ id: 'FlagReplacement' })

/** PATCH changes only the members that it names. */
export const FlagPatch = FlagSettings.partial()
  .extend({ comment: Comment })
  .meta({ id: 'FlagPatch' })

/** The answer to an edit: the snapshot version in which it takes effect, and whether that is published already. */
export const FlagEdit = z
  .object({ flag: Flag.nullable(), snapshotVersion: z.int(), published: z.boolean() })
  .meta({ id: 'FlagEdit' })
