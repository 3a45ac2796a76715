import type { Role } from '../../schema/key.ts'
import type { Member } from '../../schema/member.ts'
import { answerOf, api, encodeParams } from '../api.ts'
import { because, edit } from './edit.ts'
import { createList } from './list.ts'

export const { list: members, load: loadMembers } = createList<Member>((query) =>
  answerOf(api.members.$get({ query })),
)

const one = api.members[':email']

/** Gives someone a role, whether they had one or not. */
export const setMember = (email: string, role: Role, comment: string) =>
  edit(
    one.$put({ param: encodeParams({ email }), json: { role, ...because(comment) } }),
    loadMembers,
    `${email} is ${role}`,
  )

export const removeMember = (email: string, comment: string) =>
  edit(
    one.$delete({ param: encodeParams({ email }), json: because(comment) }),
    loadMembers,
    `${email} is removed`,
  )
