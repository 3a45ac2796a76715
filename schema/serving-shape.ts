import * as z from 'zod'
import { AttributeName, Conditions } from './condition.ts'
import { Prose, Rollout } from './flag-key.ts'
import { FLAG_TYPES } from './flag-value.ts'
import { VariantName, Weight } from './variant-name.ts'

/*
 * What a flag serves. Each member is absent when it has its default, so that an on/off flag is the same JSON as before
 * flags had values.
 */

export const FlagValue = z
  .unknown()
  .meta({ id: 'FlagValue', description: 'A boolean, text, number, object or list.' })

export const FlagVariant = z
  .strictObject({ name: VariantName, value: FlagValue })
  .meta({ id: 'FlagVariant' })
export type FlagVariant = z.infer<typeof FlagVariant>

const Share = z.strictObject({ variant: VariantName, weight: Weight })

/** The name of a variant, or shares of several. */
export const Serve = z
  .union([VariantName, z.array(Share).min(1).max(20)], {
    error: 'name a variant, or give shares such as [{"variant": "a", "weight": 1}]',
  })
  .meta({ id: 'Serve' })
export type Serve = z.infer<typeof Serve>

export const Target = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/, { error: 'use up to 32 lower-case letters, digits and dashes' })
      .describe('Names the target. It is the salt of its rollout, so a new id means other users.'),
    description: Prose.optional(),
    when: Conditions.describe('All of these must hold. None: everyone.'),
    rollout: Rollout.optional().describe('Share of these users. Absent: all of them.'),
    serve: Serve,
  })
  .meta({ id: 'Target' })
export type Target = z.infer<typeof Target>

export const servingShape = {
  type: z
    .enum(FLAG_TYPES)
    .optional()
    .describe('The type of all values. Absent: boolean. Fixed once the flag exists.'),
  variants: z
    .array(FlagVariant)
    .min(2)
    .max(20)
    .optional()
    .describe('The values by name. Absent for a boolean flag: `on` and `off`.'),
  offVariant: VariantName.optional().describe('Served when the flag is off. Absent: `off`.'),
  serve: Serve.optional().describe('Served when the flag is on. Absent: `on`.'),
  targets: z
    .array(Target)
    .max(50)
    .optional()
    .describe('The first one that a user matches decides, before roles, cities and categories.'),
  bucketBy: AttributeName.optional().describe(
    'The attribute whose value decides shares, as text. Absent: the user id.',
  ),
}

export const ServingMembers = z.strictObject(servingShape)
export type Serving = z.infer<typeof ServingMembers>
