import { useSignal } from '@preact/signals'
import type {
  ImportChange,
  ImportExperimentChange,
  TransferDocument,
} from '../../schema/transfer.ts'
import { ApiError } from '../api.ts'
import { differences } from '../model/diff.ts'
import { NEW_DRAFT, toDraft } from '../model/draft.ts'
import { experimentDifferences, statusInWords } from '../model/experiment-diff.ts'
import { may } from '../state/session.ts'
import { planImport, readDocument, runImport, type ImportPlan } from '../state/transfer.ts'
import { useBusy } from './busy.ts'
import { Differences } from './differences.tsx'
import { ReasonForm } from './reason-form.tsx'

/** Drawn at once; the count tells of the rest. */
const SHOWN = 100

const Change = ({ change: { key, before, after } }: { readonly change: ImportChange }) => (
  <li class="entry stack tight">
    <div class="row">
      <p>
        <span class="key">{key}</span> <span class="tag">{before ? 'changes' : 'new'}</span>{' '}
        {(before?.killSwitch ?? after.killSwitch) && (
          <span class="tag" data-tone="bad">
            kill switch
          </span>
        )}
      </p>
    </div>
    <Differences
      differences={differences(before ? toDraft(before) : NEW_DRAFT, toDraft(after))}
      isNew={before === null}
    />
  </li>
)

const ExperimentChange = ({ change }: { readonly change: ImportExperimentChange }) => {
  const { key, status, before, after } = change
  return (
    <li class="entry stack tight">
      <div class="row">
        <p>
          Experiment <span class="key">{key}</span>{' '}
          <span class="tag">{before ? 'changes' : 'new'}</span>{' '}
          <span class="tag">{statusInWords(status)}</span>
        </p>
      </div>
      <Differences differences={experimentDifferences(before, after)} isNew={before === null} />
    </li>
  )
}

const countOf = ({ changes, experimentChanges }: ImportPlan) =>
  changes.length + experimentChanges.length

const hiddenIn = ({ changes, experimentChanges }: ImportPlan) =>
  Math.max(0, changes.length - SHOWN) + Math.max(0, experimentChanges.length - SHOWN)

const Plan = ({ plan }: { readonly plan: ImportPlan }) => (
  <>
    <p role="status">
      <b>{countOf(plan)}</b> to change, <b>{plan.unchanged}</b> already so. Nothing is deleted,
      launched or stopped.
    </p>
    <ol>
      {plan.changes.slice(0, SHOWN).map((change) => (
        <Change key={change.key} change={change} />
      ))}
      {plan.experimentChanges.slice(0, SHOWN).map((change) => (
        <ExperimentChange key={change.key} change={change} />
      ))}
    </ol>
    {hiddenIn(plan) > 0 && <p class="quiet">and {hiddenIn(plan)} more, not drawn here.</p>}
  </>
)

/** Choose a file, see what it would change, then do it. */
export const ImportForm = () => {
  const planned = useSignal<{ document: TransferDocument; plan: ImportPlan } | null>(null)
  const issues = useSignal<ApiError['issues']>([])
  const { isBusy, error, run } = useBusy()
  const choose = (file: File | undefined) =>
    run(async () => {
      planned.value = null
      issues.value = []
      if (!file) return
      try {
        const document = await readDocument(file)
        planned.value = { document, plan: await planImport(document) }
      } catch (failure) {
        if (failure instanceof ApiError) issues.value = failure.issues
        throw failure
      }
    })
  const { document, plan } = planned.value ?? {}
  return (
    <>
      <label htmlFor="import-file">File to import</label>
      <input
        id="import-file"
        type="file"
        accept="application/json,.json"
        disabled={!may('editor') || isBusy.value}
        onChange={(event) => void choose(event.currentTarget.files?.[0])}
      />
      {error.value !== null && (
        <div class="alert" role="alert">
          <p>{error.value}</p>
          <ul>
            {issues.value.slice(0, SHOWN).map(({ path, message }) => (
              <li key={path + message}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        </div>
      )}
      {plan && <Plan plan={plan} />}
      {document && plan && countOf(plan) > 0 && (
        <ReasonForm
          action={`Import ${countOf(plan)}`}
          isDangerous
          isReasonRequired
          onCancel={() => (planned.value = null)}
          onConfirm={async (reason) => {
            await runImport(document, reason)
            planned.value = null
          }}
        />
      )}
    </>
  )
}
