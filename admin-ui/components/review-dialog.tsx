import { ApiError } from '../api.ts'
import { toSettings } from '../model/draft.ts'
import type { FlagForm } from '../state/flag-form.ts'
import { loadFlags, saveFlag } from '../state/flags.ts'
import { Confirm } from './confirm.tsx'
import { Differences } from './differences.tsx'

type Props = {
  readonly flagKey: string
  readonly form: FlagForm
  readonly onSaved: (() => void) | undefined
}

const VERSION_MISMATCH = 412

/** Shows what a save changes. A kill switch needs a reason. */
export const ReviewDialog = ({ flagKey, form, onSaved }: Props) => {
  const base = form.base.value
  const isCritical = base?.killSwitch === true || form.draft.value.killSwitch
  const save = async (reason: string) => {
    try {
      const saved = await saveFlag(flagKey, toSettings(form.draft.value), base, reason)
      if (saved) form.restart(saved)
      onSaved?.()
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      form.issues.value = error.issues
      const isConflict = error.status === VERSION_MISMATCH && base !== null
      if (isConflict) await loadFlags()
      if (!isConflict && error.issues.length === 0) throw error
    }
  }
  return (
    <Confirm
      title={base ? `Save ${flagKey}?` : `Create ${flagKey}?`}
      isWide
      about={
        <>
          {isCritical && (
            <p class="warning">This is a kill switch. Saving changes production at once.</p>
          )}
          {form.changes.value.length > 0 ? (
            <Differences differences={form.changes.value} isNew={base === null} />
          ) : (
            <p class="quiet">A new flag starts off, with a rollout of 0 %.</p>
          )}
        </>
      }
      action={base ? 'Save' : 'Create'}
      isDangerous={isCritical}
      isReasonRequired={isCritical}
      onConfirm={save}
    />
  )
}
