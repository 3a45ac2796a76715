import { useSignal } from '@preact/signals'
import type { KeyKind } from '../../schema/key.ts'
import { createKey } from '../state/keys.ts'
import { useBusy } from './busy.ts'
import { Dialog } from './dialog.tsx'
import { textIn } from './form.ts'

/** The kinds, and what each is for. */
export const KINDS: Readonly<Record<KeyKind, string>> = {
  client: 'Evaluates; may be in a browser or an app',
  server: 'Evaluates; for servers, which keep secrets',
  viewer: 'Signs in; sees everything, changes nothing',
  editor: 'Signs in; edits flags',
  admin: 'Signs in; also deletes, and manages keys',
}

const kindOf = (text: string): KeyKind =>
  (Object.keys(KINDS) as KeyKind[]).find((kind) => kind === text) ?? 'client'

const Secret = ({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) => {
  const isCopied = useSignal(false)
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
        <button
          type="button"
          onClick={() =>
            void navigator.clipboard
              .writeText(secret)
              .then(() => (isCopied.value = true))
              .catch(() => (isCopied.value = false))
          }
        >
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
  const { isBusy, error, run } = useBusy()
  if (secret.value !== null)
    return (
      <Dialog title="The new key" onClose={onClose}>
        <Secret secret={secret.value} onDone={onClose} />
      </Dialog>
    )
  return (
    <Dialog title="New key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const form = event.currentTarget
          const [name, kind] = [textIn(form, 'name'), kindOf(textIn(form, 'kind'))]
          void run(async () => {
            secret.value = await createKey(name, kind)
          })
        }}
      >
        <label htmlFor="key-name">Name</label>
        <input
          id="key-name"
          name="name"
          dir="auto"
          required
          pattern=".*\S.*"
          maxLength={100}
          autocomplete="off"
          autofocus
          aria-describedby="key-name-help"
        />
        <p id="key-name-help" class="quiet small">
          Who or what holds it; the audit shows this name.
        </p>
        <fieldset class="kinds">
          <legend>Kind</legend>
          {Object.entries(KINDS).map(([kind, purpose]) => (
            <label key={kind} class="check">
              <input type="radio" name="kind" value={kind} required />
              <span>
                {kind} <span class="quiet small">{purpose}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {error.value !== null && (
          <p class="alert" role="alert">
            {error.value}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy.value}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  )
}
