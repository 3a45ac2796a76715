import { useSignal } from '@preact/signals'
import type { KeyKind } from '../../schema/key.ts'
import { KINDS, parseKind } from '../model/kinds.ts'
import { parseNames } from '../model/names.ts'
import { createKey } from '../state/keys.ts'
import { Button } from './button.tsx'
import { Choices } from './choices.tsx'
import { Confirm } from './confirm.tsx'
import { closeDialog, Dialog, openDialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { readText } from './read-text.ts'

const SecretDialog = ({ secret }: { readonly secret: string }) => {
  const isCopied = useSignal(false)
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => (isCopied.value = true),
      () => (isCopied.value = false),
    )
  return (
    <Dialog title="The new key">
      <p class="warning">Copy the key now. It is not shown again.</p>
      <input
        class="key"
        readOnly
        aria-label="The new key"
        value={secret}
        onFocus={(event) => event.currentTarget.select()}
      />
      <div class="buttons">
        <span class="quiet" role="status">
          {isCopied.value && 'Copied'}
        </span>
        <Button onClick={copy}>Copy</Button>
        <Button class="primary" onClick={closeDialog}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}

/** Creates a key, then shows its secret once. */
export const NewKeyDialog = () => {
  const kind = useSignal<KeyKind>('client')
  return (
    <Confirm
      title="New key"
      action="Create"
      onConfirm={async (reason, form) => {
        const settings = {
          origins: parseNames(readText(form, 'origins')),
          trustsRole: readText(form, 'trustsRole') !== '',
        }
        const secret = await createKey(readText(form, 'name'), kind.value, settings, reason)
        openDialog(<SecretDialog secret={secret} />)
      }}
    >
      <Field
        label="Name"
        help="The person or app that uses the key. The audit shows this name."
        name="name"
        dir="auto"
        required
        pattern=".*\S.*"
        maxLength={100}
        autofocus
      />
      <Choices
        legend="Kind"
        name="kind"
        of={KINDS}
        chosen="client"
        onChoose={(chosen) => (kind.value = parseKind(chosen))}
      />
      {kind.value === 'client' && (
        <>
          <Field
            label="Origins"
            help="Pages that may use the key, such as https://shop.example. Empty means any page."
            name="origins"
          />
          <label class="check">
            <input type="checkbox" name="trustsRole" />
            <span>
              Trust the role a client sends{' '}
              <span class="quiet small">
                Leave off for public pages: users could claim any role.
              </span>
            </span>
          </label>
        </>
      )}
    </Confirm>
  )
}
