import { ApiError } from '../api.ts'
import type { Form } from '../state/form.ts'
import { Confirm } from './confirm.tsx'
import { Differences } from './differences.tsx'

type Props<Thing extends { readonly version: number }, Draft extends object> = {
  /** The key of the flag or segment. */
  readonly name: string
  readonly form: Form<Thing, Draft>
  /** A kill switch needs a reason. */
  readonly isCritical?: boolean
  readonly save: (reason: string) => Promise<Thing | null>
  /** Loads the stored one, when another edit was faster. */
  readonly reload: () => Promise<void>
  readonly onSaved: (() => void) | undefined
}

const VERSION_MISMATCH = 412

/** Shows what a save changes. */
export const ReviewDialog = <Thing extends { readonly version: number }, Draft extends object>({
  name,
  form,
  isCritical = false,
  save,
  reload,
  onSaved,
}: Props<Thing, Draft>) => {
  const base = form.base.value
  const confirm = async (reason: string) => {
    try {
      const saved = await save(reason)
      if (saved) form.restart(saved)
      onSaved?.()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      form.issues.value = error.issues
      const isConflict = error.status === VERSION_MISMATCH && base !== null
      if (isConflict) await reload()
      if (!isConflict && error.issues.length === 0) throw error
    }
  }
  return (
    <Confirm
      title={base ? `Save ${name}?` : `Create ${name}?`}
      isWide
      about={
        <>
          {isCritical && (
            <p class="warning">This is a kill switch. Saving changes production at once.</p>
          )}
          {form.changes.value.length > 0 ? (
            <Differences differences={form.changes.value} isNew={base === null} />
          ) : (
            <p class="quiet">{form.kind.newHint}</p>
          )}
        </>
      }
      action={base ? 'Save' : 'Create'}
      isDangerous={isCritical}
      isReasonRequired={isCritical}
      onConfirm={confirm}
    />
  )
}
