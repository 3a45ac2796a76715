import { useSignal } from '@preact/signals'
import type { ApiKey } from '../../schema/key.ts'
import { keys, loadKeys, revokeKey } from '../state/keys.ts'
import { useLive } from '../state/live.ts'
import { ActionButton } from './action-button.tsx'
import { Changed } from './changed.tsx'
import { Confirm } from './confirm.tsx'
import { Empty, Loaded } from './empty.tsx'
import { NewKeyDialog } from './new-key.tsx'
import { Section } from './section.tsx'
import { Table, type Column, type Row } from './table.tsx'

const COLUMNS: readonly Column[] = [
  ['Name'],
  ['Kind'],
  ['Created', 'wide-only quiet'],
  ['Last used', 'wide-only quiet'],
  ['Status', 'end'],
]

const rowOf = (key: ApiKey, onRevoke: (key: ApiKey) => void): Row => ({
  key: key.id,
  state: key.revokedAt === null ? undefined : 'revoked',
  cells: [
    <bdi>{key.name}</bdi>,
    <span class="tag">{key.kind}</span>,
    <Changed at={key.createdAt} />,
    key.lastUsedAt ? <Changed at={key.lastUsedAt} /> : 'never',
    key.revokedAt === null ? (
      <ActionButton needs="admin" label={`Revoke ${key.name}`} onClick={() => onRevoke(key)}>
        Revoke
      </ActionButton>
    ) : (
      <span class="quiet">
        revoked <Changed at={key.revokedAt} />
      </span>
    ),
  ],
})

/** Those in use first, then by name. */
const inOrder = (all: readonly ApiKey[]) =>
  all.toSorted(
    (a, b) =>
      Number(a.revokedAt !== null) - Number(b.revokedAt !== null) || a.name.localeCompare(b.name),
  )

const isOfApp = ({ kind }: ApiKey) => kind === 'client' || kind === 'server'

/** What apps evaluate with, and people sign in with. */
export const Keys = () => {
  const isCreating = useSignal(false)
  const revoking = useSignal<ApiKey | null>(null)
  useLive(loadKeys)
  return (
    <Section
      title="Keys"
      action={
        <ActionButton needs="admin" class="primary" onClick={() => (isCreating.value = true)}>
          New key
        </ActionButton>
      }
    >
      <Loaded {...keys.value} what="keys" retry={loadKeys}>
        {(items) =>
          items.length > 0 ? (
            <Table
              caption="Keys"
              columns={COLUMNS}
              rows={inOrder(items).map((key) => rowOf(key, (it) => (revoking.value = it)))}
            />
          ) : (
            <Empty title="No keys yet">
              <p>An app needs a client or a server key to evaluate.</p>
            </Empty>
          )
        }
      </Loaded>
      {isCreating.value && <NewKeyDialog onClose={() => (isCreating.value = false)} />}
      {revoking.value && (
        <Confirm
          title={`Revoke ${revoking.value.name}?`}
          about={
            <p>
              {isOfApp(revoking.value)
                ? 'Whoever uses it to evaluate is refused within seconds.'
                : 'Whoever signed in with it is signed out at once.'}{' '}
              This cannot be taken back.
            </p>
          }
          action="Revoke"
          isDangerous
          onClose={() => (revoking.value = null)}
          onConfirm={async (reason) => {
            if (revoking.value) await revokeKey(revoking.value, reason)
          }}
        />
      )}
    </Section>
  )
}
