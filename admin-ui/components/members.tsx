import { useSignal } from '@preact/signals'
import type { Member } from '../../schema/member.ts'
import { roleOf, ROLES } from '../model/kinds.ts'
import { useLive } from '../state/live.ts'
import { loadMembers, members, removeMember, setMember } from '../state/members.ts'
import { ActionButton } from './action-button.tsx'
import { Changed } from './changed.tsx'
import { Choices } from './choices.tsx'
import { Confirm } from './confirm.tsx'
import { Empty, Loaded } from './empty.tsx'
import { Field } from './field.tsx'
import { textIn } from './form.ts'
import { Section } from './section.tsx'
import { Table, type Column } from './table.tsx'

const COLUMNS: readonly Column[] = [
  ['Address'],
  ['Role'],
  ['Changed', 'wide-only quiet'],
  ['Actions', 'end'],
]

type RoleProps = { readonly member: Member | null; readonly onClose: () => void }

/** Who gets which role; `member` null: someone who has none yet. */
const RoleDialog = ({ member, onClose }: RoleProps) => (
  <Confirm
    title={member ? `The role of ${member.email}` : 'Add a member'}
    action={member ? 'Change role' : 'Add'}
    onClose={onClose}
    onConfirm={(reason, form) =>
      setMember(member?.email ?? textIn(form, 'email'), roleOf(textIn(form, 'role')), reason)
    }
  >
    {!member && (
      <Field label="Address" help="As Cloudflare Access knows them.">
        {(control) => (
          <input
            {...control}
            name="email"
            type="email"
            required
            maxLength={254}
            autocomplete="off"
            autofocus
          />
        )}
      </Field>
    )}
    <Choices legend="Role" name="role" of={ROLES} chosen={member?.role} />
  </Confirm>
)

type Asked = { readonly to: 'set' | 'remove'; readonly member: Member | null }

/** People, who sign in with Cloudflare Access. */
export const Members = () => {
  const asked = useSignal<Asked | null>(null)
  useLive(loadMembers)
  const { to, member = null } = asked.value ?? {}
  const close = () => (asked.value = null)
  return (
    <Section
      title="Members"
      action={
        <ActionButton needs="admin" onClick={() => (asked.value = { to: 'set', member: null })}>
          Add member
        </ActionButton>
      }
    >
      <Loaded {...members.value} what="members" retry={loadMembers}>
        {(items) =>
          items.length > 0 ? (
            <Table
              caption="Members"
              columns={COLUMNS}
              rows={items.map((one) => ({
                key: one.email,
                cells: [
                  <bdi>{one.email}</bdi>,
                  <span class="tag">{one.role}</span>,
                  <Changed at={one.updatedAt} />,
                  <>
                    <ActionButton
                      needs="admin"
                      label={`Change the role of ${one.email}`}
                      onClick={() => (asked.value = { to: 'set', member: one })}
                    >
                      Role
                    </ActionButton>{' '}
                    <ActionButton
                      needs="admin"
                      label={`Remove ${one.email}`}
                      onClick={() => (asked.value = { to: 'remove', member: one })}
                    >
                      Remove
                    </ActionButton>
                  </>,
                ],
              }))}
            />
          ) : (
            <Empty title="No members yet">
              <p>A member signs in with Cloudflare Access and needs no key.</p>
            </Empty>
          )
        }
      </Loaded>
      {to === 'set' && <RoleDialog member={member} onClose={close} />}
      {to === 'remove' && member && (
        <Confirm
          title={`Remove ${member.email}?`}
          about={<p>Whoever signed in with this address may do nothing any more, at once.</p>}
          action="Remove"
          isDangerous
          onClose={close}
          onConfirm={(reason) => removeMember(member.email, reason)}
        />
      )}
    </Section>
  )
}
