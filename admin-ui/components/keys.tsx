import type { ApiKey } from '../../schema/key.ts'
import { keys, loadKeys, revokeKey } from '../state/keys.ts'
import { useLive } from '../state/live.ts'
import { Button } from './button.tsx'
import { Changed } from './changed.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'
import { Loaded } from './empty.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { Section } from './section.tsx'
import { Table, type Column, type Row } from './table.tsx'

const COLUMNS: readonly Column[] = [
  ['Name'],
  ['Kind'],
  ['Created', 'wide-only quiet'],
  ['Last used', 'wide-only quiet'],
  ['Status', 'end'],
]

const isAppKey = ({ kind }: ApiKey) => kind === 'client' || kind === 'server'

const RevokeDialog = ({ apiKey }: { readonly apiKey: ApiKey }) => (
  <Confirm
    title={`Revoke ${apiKey.name}?`}
    about={
      <p>
        {isAppKey(apiKey)
          ? 'Apps that use this key are refused within seconds.'
          : 'People who use this key are signed out at once.'}{' '}
        You cannot undo this.
      </p>
    }
    action="Revoke"
    isDangerous
    onConfirm={(reason) => revokeKey(apiKey, reason)}
  />
)

const toRow = (key: ApiKey): Row => ({
  key: key.id,
  cells: [
    key.revokedAt === null ? (
      <bdi>{key.name}</bdi>
    ) : (
      <s class="quiet" dir="auto">
        {key.name}
      </s>
    ),
    <span class="tag">{key.kind}</span>,
    <Changed at={key.createdAt} />,
    key.lastUsedAt ? <Changed at={key.lastUsedAt} /> : 'never',
    key.revokedAt === null ? (
      <Button
        needs="admin"
        aria-label={`Revoke ${key.name}`}
        onClick={() => openDialog(<RevokeDialog apiKey={key} />)}
      >
        Revoke
      </Button>
    ) : (
      <span class="quiet">
        revoked <Changed at={key.revokedAt} />
      </span>
    ),
  ],
})

/** Sorts active keys first, then by name. */
const sortKeys = (all: readonly ApiKey[]) =>
  all.toSorted(
    (a, b) =>
      Number(a.revokedAt !== null) - Number(b.revokedAt !== null) || a.name.localeCompare(b.name),
  )

/** The keys of apps and the tokens of people. */
export const Keys = () => {
  useLive(loadKeys)
  return (
    <Section
      title="Keys"
      action={
        <Button needs="admin" class="primary" onClick={() => openDialog(<NewKeyDialog />)}>
          New key
        </Button>
      }
    >
      <Loaded
        {...keys.value}
        what="keys"
        about="An app needs a client key or a server key to evaluate flags."
        retry={loadKeys}
      >
        {(items) => <Table caption="Keys" columns={COLUMNS} rows={sortKeys(items).map(toRow)} />}
      </Loaded>
    </Section>
  )
}
