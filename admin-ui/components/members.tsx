import type { Member } from '../../schema/member.ts'
import { parseRole, ROLES } from '../model/kinds.ts'
import { useLive } from '../state/live.ts'
import { loadMembers, members, removeMember, setMember } from '../state/members.ts'
import { Button } from './button.tsx'
import { Changed } from './changed.tsx'
import { Choices } from './choices.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'
import { Loaded } from './empty.tsx'
import { Field } from './field.tsx'
import { readText } from './read-text.ts'
import { Section } from './section.tsx'
import { Table, type Column, type Row } from './table.tsx'

const COLUMNS: readonly Column[] = [
  ['Email'],
  ['Role'],
  ['Changed', 'wide-only quiet'],
  ['Actions', 'end'],
]

/** Changes the role of a member, or adds a member. */
const RoleDialog = ({ member }: { readonly member?: Member }) => (
  <Confirm
    title={member ? `Change the role of ${member.email}` : 'Add a member'}
    action={member ? 'Change role' : 'Add'}
    onConfirm={(reason, form) =>
      setMember(member?.email ?? readText(form, 'email'), parseRole(readText(form, 'role')), reason)
    }
  >
    {!member && (
      <Field
        label="Email"
        help="The email address that Cloudflare Access knows."
        name="email"
        type="email"
        required
        maxLength={254}
        autofocus
      />
    )}
    <Choices legend="Role" name="role" of={ROLES} chosen={member?.role} />
  </Confirm>
)

const RemoveDialog = ({ email }: { readonly email: string }) => (
  <Confirm
    title={`Remove ${email}?`}
    about={<p>This person loses access at once.</p>}
    action="Remove"
    isDangerous
    onConfirm={(reason) => removeMember(email, reason)}
  />
)

const toRow = (member: Member): Row => ({
  key: member.email,
  cells: [
    <bdi>{member.email}</bdi>,
    <span class="tag">{member.role}</span>,
    <Changed at={member.updatedAt} />,
    <>
      <Button
        needs="admin"
        aria-label={`Change the role of ${member.email}`}
        onClick={() => openDialog(<RoleDialog member={member} />)}
      >
        Role
      </Button>{' '}
      <Button
        needs="admin"
        aria-label={`Remove ${member.email}`}
        onClick={() => openDialog(<RemoveDialog email={member.email} />)}
      >
        Remove
      </Button>
    </>,
  ],
})

/** The people who sign in with Cloudflare Access. */
export const Members = () => {
  useLive(loadMembers)
  return (
    <Section
      title="Members"
      action={
        <Button needs="admin" onClick={() => openDialog(<RoleDialog />)}>
          Add member
        </Button>
      }
    >
      <Loaded
        {...members.value}
        what="members"
        about="Members sign in with Cloudflare Access and need no key."
        retry={loadMembers}
      >
        {(items) => <Table caption="Members" columns={COLUMNS} rows={items.map(toRow)} />}
      </Loaded>
    </Section>
  )
}
