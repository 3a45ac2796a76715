import { useSignal } from '@preact/signals'
import type { KeyKind } from '../../schema/key.ts'
import { KINDS, kindOf } from '../model/kinds.ts'
import { namesIn } from '../model/names.ts'
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
  const kind = useSignal<KeyKind>('client')
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
        const settings = {
          origins: namesIn(textIn(form, 'origins')),
          trustsRole: textIn(form, 'trustsRole') !== '',
        }
        secret.value = await createKey(textIn(form, 'name'), kind.value, settings, reason)
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
      <Choices
        legend="Kind"
        name="kind"
        of={KINDS}
        chosen="client"
        onChoose={(chosen) => (kind.value = kindOf(chosen))}
      />
      {kind.value === 'client' && (
        <>
          <Field
            label="Origins"
            help="Only pages of these may use it: https://shop.example, https://… Empty: any."
          >
            {(control) => <input {...control} name="origins" autocomplete="off" />}
          </Field>
          <label class="check">
            <input type="checkbox" name="trustsRole" />
            <span>
              Believe roles <span class="quiet small">Else who asks has none, as is safe.</span>
            </span>
          </label>
        </>
      )}
    </Confirm>
  )
}
