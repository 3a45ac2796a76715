import * as z from 'zod'
import { Comment } from './flag.ts'
import { Role } from './key.ts'

/** The longest possible address (RFC 5321, erratum 1690). */
export const MAX_EMAIL_LENGTH = 254

/** As Cloudflare Access names people. Lower case, so that one person is one member. */
export const Email = z
  .email()
  .max(MAX_EMAIL_LENGTH)
  .overwrite((email) => email.toLowerCase())

/** An administrator who signs in with Cloudflare Access. */
export const Member = z
  .object({
    email: Email,
    role: Role,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Member' })
export type Member = z.infer<typeof Member>

export const MemberSetting = z
  .strictObject({ role: Role, comment: Comment })
  .meta({ id: 'MemberSetting' })
