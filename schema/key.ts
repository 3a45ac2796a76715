import * as z from 'zod'
import { Comment } from './flag.ts'

/** Who may evaluate: a page or an app that anyone can open, or a server that keeps secrets. */
export const EvaluationKeyKind = z.enum(['client', 'server'])
export type EvaluationKeyKind = z.infer<typeof EvaluationKeyKind>

/** What an administrator may do, from least to most. */
export const Role = z.enum(['viewer', 'editor', 'admin'])
export type Role = z.infer<typeof Role>

export const KeyKind = z.enum([...EvaluationKeyKind.options, ...Role.options])
export type KeyKind = z.infer<typeof KeyKind>

export const ApiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: KeyKind,
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof ApiKey>

export const KeyCreation = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('Names its holder in the audit; unique.'),
    kind: KeyKind,
    comment: Comment,
  })
  .meta({ id: 'KeyCreation' })
