import * as z from 'zod'
import { HolderName } from './actor.ts'
import { Comment } from './flag.ts'
import { listKeys } from './record.ts'
import { UserTokenDemand } from './user-token.ts'

/** Who may evaluate: a page or an app that anyone can open, or a server that keeps secrets. */
export const EvaluationKeyKind = z.enum(['client', 'server'])
export type EvaluationKeyKind = z.infer<typeof EvaluationKeyKind>

/** What an administrator may do, from least to most. */
export const Role = z.enum(['viewer', 'editor', 'admin'])
export type Role = z.infer<typeof Role>

export const KeyKind = z.enum([...EvaluationKeyKind.options, ...Role.options])
export type KeyKind = z.infer<typeof KeyKind>

/** As browsers write it: lower case, no path, no trailing slash, no default port. */
const ORIGIN =
  /^(?!https:.*:443$|http:.*:80$)https?:\/\/([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(:[1-9]\d{0,4})?$/

const Origin = z.string().max(128).regex(ORIGIN, {
  error:
    'an origin is what a browser sends: https://app.example, with a port if it is no usual one',
})

/** What a client key, which anyone can read, is good for. */
export const ClientSettings = z.object({
  origins: z
    .array(Origin)
    .max(20)
    .describe('The only origins whose pages may use the key; any, when empty.'),
  trustsRole: z
    .boolean()
    .describe("Whether a context's `role` is believed. Else it counts as missing, as is safe."),
  userToken: UserTokenDemand.nullable().describe(
    'Demands a signed user token with every request; then only what is signed is believed.',
  ),
})
export type ClientSettings = z.infer<typeof ClientSettings>

/** Of a new client key, unless it says otherwise. */
export const NEW_CLIENT: ClientSettings = { origins: [], trustsRole: false, userToken: null }

/** Of a client key from before there were settings: it goes on as it was. */
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
      .describe('To about five minutes; null when it never was, or not since this is kept.'),
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

/** Changes what it names, of a client key. */
export const KeyUpdate = z.strictObject({ ...settable, comment: Comment }).meta({ id: 'KeyUpdate' })
