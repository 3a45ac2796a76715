import { useSignal, useSignalEffect } from '@preact/signals'
import type { ApiKey } from '../../schema/key.ts'
import { Changed } from '../components/changed.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Empty, LoadError, Loading } from '../components/empty.tsx'
import { NewKeyDialog } from '../components/new-key.tsx'
import { Page } from '../components/page.tsx'
import { ReasonForm } from '../components/reason-form.tsx'
import { keys, loadKeys, revokeKey } from '../state/keys.ts'
import { announcedVersion } from '../state/live.ts'
import { may } from '../state/session.ts'

type RowProps = { readonly apiKey: ApiKey; readonly onRevoke: () => void }

const Row = ({ apiKey: { name, kind, createdAt, revokedAt }, onRevoke }: RowProps) => (
  <tr data-revoked={revokedAt !== null}>
    <th scope="row">
      <bdi>{name}</bdi>
    </th>
    <td>
      <span class="tag">{kind}</span>
    </td>
    <td class="wide-only quiet">
      <Changed at={createdAt} by={null} />
    </td>
    <td class="end">
      {revokedAt === null ? (
        <button type="button" aria-label={`Revoke ${name}`} onClick={onRevoke}>
          Revoke
        </button>
      ) : (
        <span class="quiet">
          revoked <Changed at={revokedAt} by={null} />
        </span>
      )}
    </td>
  </tr>
)

const RevokeDialog = ({
  apiKey,
  onClose,
}: {
  readonly apiKey: ApiKey
  readonly onClose: () => void
}) => (
  <Dialog title={`Revoke ${apiKey.name}?`} onClose={onClose}>
    <p>
      {apiKey.kind === 'client' || apiKey.kind === 'server'
        ? 'Whoever uses it to evaluate is refused within seconds.'
        : 'Whoever signed in with it is signed out at once.'}{' '}
      This cannot be taken back.
    </p>
    <ReasonForm
      action="Revoke"
      isDangerous
      onCancel={onClose}
      onConfirm={async (reason) => {
        await revokeKey(apiKey, reason)
        onClose()
      }}
    />
  </Dialog>
)

/** Those in use first, then by name. */
const inOrder = (all: readonly ApiKey[]) =>
  all.toSorted(
    (a, b) =>
      Number(a.revokedAt !== null) - Number(b.revokedAt !== null) || a.name.localeCompare(b.name),
  )

const KeyTable = ({ onRevoke }: { readonly onRevoke: (key: ApiKey) => void }) => {
  const { items, error } = keys.value
  if (!items) return error ? null : <Loading what="keys" />
  if (items.length === 0)
    return (
      <Empty title="No keys yet">
        <p>An app needs a client or a server key to evaluate; a person needs one with a role.</p>
      </Empty>
    )
  return (
    <table>
      <caption class="visually-hidden">Keys</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Kind</th>
          <th scope="col" class="wide-only">
            Created
          </th>
          <th scope="col" class="end">
            Status
          </th>
        </tr>
      </thead>
      <tbody>
        {inOrder(items).map((key) => (
          <Row key={key.id} apiKey={key} onRevoke={() => onRevoke(key)} />
        ))}
      </tbody>
    </table>
  )
}

const Keys = () => {
  const isCreating = useSignal(false)
  const revoking = useSignal<ApiKey | null>(null)
  useSignalEffect(() => {
    // Read so that a key that another admin made or revoked shows by itself.
    if (announcedVersion.value >= 0) void loadKeys()
  })
  return (
    <Page
      title="Keys"
      actions={
        <button type="button" class="primary" onClick={() => (isCreating.value = true)}>
          New key
        </button>
      }
    >
      <LoadError error={keys.value.error} retry={() => void loadKeys()} />
      <KeyTable onRevoke={(key) => (revoking.value = key)} />
      {isCreating.value && <NewKeyDialog onClose={() => (isCreating.value = false)} />}
      {revoking.value && (
        <RevokeDialog apiKey={revoking.value} onClose={() => (revoking.value = null)} />
      )}
    </Page>
  )
}

export const KeysPage = () =>
  may('admin') ? (
    <Keys />
  ) : (
    <Page
      title="Keys"
      actions={
        <button type="button" disabled title="This needs the role admin">
          New key
        </button>
      }
    >
      <Empty title="Keys are for admins">
        <p>Ask an admin when an app or a person needs one, or when one has leaked.</p>
      </Empty>
    </Page>
  )
