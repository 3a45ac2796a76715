import { useSignal } from '@preact/signals'
import { KINDS, kindOf } from '../model/kinds.ts'
import { createKey } from '../state/keys.ts'
import { Choices } from './choices.tsx'
import { Confirm } from './confirm.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { textIn } from './form.ts'

const Secret = ({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) => {
  const isCopied = useSignal(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret)
      isCopied.value = true
    } catch {
      isCopied.value = false
    }
  }
  return (
    <>
      <p class="warning">Shown this once. Only its hash is kept: copy it now.</p>
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
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <button type="button" class="primary" onClick={onDone}>
          I have it
        </button>
      </div>
    </>
  )
}

/** Makes a key: a name, a kind, then the secret, once. */
export const NewKeyDialog = ({ onClose }: { readonly onClose: () => void }) => {
  const secret = useSignal<string | null>(null)
  if (secret.value !== null)
    return (
      <Dialog title="The new key" onClose={onClose}>
        <Secret secret={secret.value} onDone={onClose} />
      </Dialog>
    )
  return (
    <Confirm
      title="New key"
      action="Create"
      onClose={onClose}
      onConfirm={async (reason, form) => {
        secret.value = await createKey(textIn(form, 'name'), kindOf(textIn(form, 'kind')), reason)
        return false
      }}
    >
      <Field label="Name" help="Who or what holds it; the audit shows this name.">
        {(control) => (
          <input
            {...control}
            name="name"
            dir="auto"
            required
            pattern=".*\S.*"
            maxLength={100}
            autocomplete="off"
            autofocus
          />
        )}
      </Field>
      <Choices legend="Kind" name="kind" of={KINDS} />
    </Confirm>
  )
}
