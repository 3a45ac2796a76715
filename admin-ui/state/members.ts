import type { Role } from '../../schema/key.ts'
import type { Member } from '../../schema/member.ts'
import { readAnswer, api, encodeParams } from '../api.ts'
import { withComment, edit } from './edit.ts'
import { createList } from './list.ts'

export const { list: members, load: loadMembers } = createList<Member>((query) =>
  readAnswer(api.members.$get({ query })),
)

const one = api.members[':email']

/** Adds a member or changes the role. */
export const setMember = (email: string, role: Role, comment: string) =>
  edit(
    one.$put({ param: encodeParams({ email }), json: { role, ...withComment(comment) } }),
    loadMembers,
    `${email} is ${role}`,
  )

export const removeMember = (email: string, comment: string) =>
  edit(
    one.$delete({ param: encodeParams({ email }), json: withComment(comment) }),
    loadMembers,
    `${email} is removed`,
  )
