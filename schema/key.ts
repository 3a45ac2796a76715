import * as z from 'zod'
import { HolderName } from './actor.ts'
import { AttributeName } from './condition.ts'
import { Comment } from './flag.ts'
import { Origin } from './origin.ts'
import { listKeys } from './record.ts'
import { UserTokenDemand } from './user-token.ts'

/** Keys for evaluation: `client` for public pages and apps, `server` for servers that can keep a secret. */
export const EvaluationKeyKind = z.enum(['client', 'server'])
export type EvaluationKeyKind = z.infer<typeof EvaluationKeyKind>

/** The roles of administrators, from the fewest rights to the most. */
export const Role = z.enum(['viewer', 'editor', 'admin'])
export type Role = z.infer<typeof Role>

export const KeyKind = z.enum([...EvaluationKeyKind.options, ...Role.options])
export type KeyKind = z.infer<typeof KeyKind>

/** Limits of a client key, which anyone can read in a page. */
export const ClientSettings = z.object({
  origins: z
    .array(Origin)
    .max(20)
    .describe(
      'Only pages of these origins may use the key. `https://*.preview.example` is each with one label there. Empty: any origin.',
    ),
  trustsRole: z
    .boolean()
    .describe(
      'Whether the `role` in a context is trusted. If not, it counts as missing, which is safe.',
    ),
  trusts: z
    .array(AttributeName)
    .max(100)
    .nullable()
    .optional()
    .describe(
      'Only these attributes in a context are trusted, besides the user id; others count as missing. Absent or null: all but `role`, and `role` too with `trustsRole`.',
    ),
  userToken: UserTokenDemand.nullable().describe(
    'Requires a signed user token with every request; then only signed attributes are trusted.',
  ),
})
export type ClientSettings = z.infer<typeof ClientSettings>

/** The defaults of a new client key. */
export const NEW_CLIENT: ClientSettings = { origins: [], trustsRole: false, userToken: null }

/** The settings of a client key that is older than settings: it keeps working as before. */
export const OLD_CLIENT: ClientSettings = { ...NEW_CLIENT, trustsRole: true }

const { shape: settable } = ClientSettings.partial()

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: KeyKind,
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso
      .datetime()
      .nullable()
      .describe('Accurate to about five minutes. Null: never used since the service records it.'),
    ...settable,
  })
  .meta({ id: 'ApiKey', description: 'Only a client key has settings.' })
export type ApiKey = z.infer<typeof ApiKey>

const settings = listKeys(settable)

export const KeyCreation = z
  .strictObject({
    name: HolderName,
    kind: KeyKind,
    ...settable,
    comment: Comment,
  })
  .superRefine((key, context) => {
    for (const name of settings)
      if (key.kind !== 'client' && key[name] !== undefined)
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'only a client key has this setting',
        })
  })
  .meta({ id: 'KeyCreation' })

/** Changes only the settings that it names, of a client key. */
export const KeyUpdate = z.strictObject({ ...settable, comment: Comment }).meta({ id: 'KeyUpdate' })
