import { useSignal } from '@preact/signals'
import type { AuditEntry } from '../../schema/audit.ts'
import { ApiError } from '../api.ts'
import { listChanges, describeSubject } from '../model/audit.ts'
import { revert } from '../state/audit.ts'
import { Confirm } from './confirm.tsx'
import { Differences } from './differences.tsx'

const CONFLICT = 409

const getNoun = ({ target }: AuditEntry) => target.slice(0, target.indexOf(':'))

const describeEffect = (entry: AuditEntry) => {
  const { before, after } = entry
  if (before === null) return `The ${getNoun(entry)} will be deleted again.`
  return after === null ? `The ${getNoun(entry)} will be restored.` : 'These fields go back:'
}

/** Only a conflict with newer changes can be forced. The server marks it with an issue at `force`. */
const canBeForced = (error: ApiError) =>
  error.status === CONFLICT && error.issues.some(({ path }) => path === 'force')

/** After a launch, other variants apply only to new users. */
const isReweighting = ({ before, after }: AuditEntry) =>
  typeof after?.launchedAt === 'string' &&
  JSON.stringify(before?.variants) !== JSON.stringify(after.variants)

/** Reverts one change. Asks again before the revert discards newer changes. */
export const RevertDialog = ({ entry }: { readonly entry: AuditEntry }) => {
  const refusal = useSignal<string | null>(null)
  const isForced = refusal.value !== null
  const isCritical = [entry.before, entry.after].some((state) => state?.killSwitch === true)
  const backwards = listChanges({ ...entry, before: entry.after, after: entry.before })
  return (
    <Confirm
      title={`Revert #${entry.id}, ${describeSubject(entry)}?`}
      isWide
      about={
        <>
          <p>{describeEffect(entry)}</p>
          {entry.before && entry.after && <Differences differences={backwards} />}
          {isReweighting(entry) && <p class="warning">The variants change for new users only.</p>}
          {isForced && (
            <p class="warning" role="alert">
              {refusal.value}
            </p>
          )}
        </>
      }
      action={isForced ? 'Revert anyway' : 'Revert'}
      isDangerous={isForced || isCritical}
      isReasonRequired={isCritical}
      onConfirm={async (reason) => {
        try {
          await revert(entry, reason, isForced)
          return true
        } catch (error) {
          if (!(error instanceof ApiError) || !canBeForced(error)) throw error
          refusal.value = error.message
          return false
        }
      }}
    >
      {isForced && (
        // A checkbox, so that the second click of a double click cannot confirm.
        <label class="check">
          <input type="checkbox" required /> Discard the changes after #{entry.id}
        </label>
      )}
    </Confirm>
  )
}
