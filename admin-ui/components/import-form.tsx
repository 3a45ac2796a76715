import { useSignal } from '@preact/signals'
import type {
  ImportChange,
  ImportExperimentChange,
  ImportSegmentChange,
} from '../../schema/transfer.ts'
import { ApiError } from '../api.ts'
import { findDifferences, type Difference } from '../model/diff.ts'
import { toDraftOrNew, toDraft } from '../model/draft.ts'
import { findExperimentDifferences, describeStatus } from '../model/experiment-diff.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { findSegmentDifferences, toSegmentDraftOrNew } from '../model/segment-draft.ts'
import { hasRole } from '../state/session.ts'
import {
  countChanges,
  planImport,
  readDocument,
  runImport,
  type ImportPlan,
  type Planned,
} from '../state/transfer.ts'
import { Alert } from './alert.tsx'
import { useBusy } from './use-busy.ts'
import { Differences } from './differences.tsx'
import { ReasonForm } from './reason-form.tsx'

/** More items are only counted, to keep the page fast. */
const SHOWN = 100

/** A kill switch gets a red tag, because its change affects everyone at once. */
const CRITICAL = 'kill switch'

type Item = {
  readonly key: string
  readonly isNew: boolean
  readonly tags: readonly string[]
  readonly differences: readonly Difference[]
}

const toFlagItem = ({ key, before, after }: ImportChange): Item => ({
  key,
  isNew: before === null,
  tags: (before ?? after).killSwitch ? [CRITICAL] : [],
  differences: findDifferences(toDraftOrNew(before), toDraft(after)),
})

const toSegmentItem = ({ key, before, after }: ImportSegmentChange): Item => ({
  key,
  isNew: before === null,
  tags: ['segment'],
  differences: findSegmentDifferences(toSegmentDraftOrNew(before), toSegmentDraftOrNew(after)),
})

const toExperimentItem = ({ key, status, before, after }: ImportExperimentChange): Item => ({
  key,
  isNew: before === null,
  tags: ['experiment', describeStatus(status)],
  differences: findExperimentDifferences(before, after),
})

/** Only the items that are shown: a document may change thousands. */
const toItems = ({
  changes,
  segmentChanges = [],
  experimentChanges,
}: ImportPlan): readonly Item[] => {
  const segments = segmentChanges.slice(0, SHOWN).map(toSegmentItem)
  const flags = changes.slice(0, SHOWN - segments.length).map(toFlagItem)
  const left = SHOWN - segments.length - flags.length
  return [...segments, ...flags, ...experimentChanges.slice(0, left).map(toExperimentItem)]
}

const Skipped = ({ skipped }: { readonly skipped: NonNullable<ImportPlan['skipped']> }) => (
  <details>
    <summary>{counted(skipped.length, 'experiment')} in the document cannot be imported</summary>
    <ul>
      {skipped.slice(0, SHOWN).map(({ key, reason }) => (
        <li key={key}>
          <span class="key">{key}</span>: {reason}
        </li>
      ))}
    </ul>
  </details>
)

const Plan = ({ plan }: { readonly plan: ImportPlan }) => (
  <>
    <p role="status">
      <b>{countChanges(plan)}</b> to change, <b>{plan.unchanged}</b> unchanged. Nothing is deleted,
      launched or stopped.
    </p>
    {plan.skipped && <Skipped skipped={plan.skipped} />}
    <ol>
      {toItems(plan).map(({ key, isNew, tags, differences: changes }) => (
        <li key={key} class="entry stack tight">
          <p class="row">
            <span class="key">{key}</span>
            {[isNew ? 'new' : 'changes', ...tags].map((tag) => (
              <span key={tag} class="tag" data-tone={tag === CRITICAL ? 'bad' : undefined}>
                {tag}
              </span>
            ))}
          </p>
          <Differences differences={changes} isNew={isNew} />
        </li>
      ))}
    </ol>
    {countChanges(plan) > SHOWN && (
      <p class="quiet">and {countChanges(plan) - SHOWN} more, not shown here.</p>
    )}
  </>
)

/** Imports a file after a review of its changes. */
export const ImportForm = () => {
  const planned = useSignal<Planned | null>(null)
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
  const ready = planned.value
  const count = ready ? countChanges(ready.plan) : 0
  return (
    <>
      <label class="field">
        File to import
        <input
          type="file"
          accept="application/json,.json"
          disabled={!hasRole('editor') || isBusy.value}
          // Without this, the same file could not be chosen twice.
          onClick={(event) => (event.currentTarget.value = '')}
          onChange={(event) => void choose(event.currentTarget.files?.[0])}
        />
      </label>
      <Alert text={error.value}>
        <ul>
          {issues.value.slice(0, SHOWN).map(({ path, message }) => (
            <li key={path + message}>
              <code>{path}</code> {message}
            </li>
          ))}
        </ul>
      </Alert>
      {isBusy.value && (
        <p role="status">The file is compared with this deployment. A large one takes a minute.</p>
      )}
      {ready && <Plan plan={ready.plan} />}
      {ready && count > 0 && (
        <ReasonForm
          action={`Import ${count}`}
          isDangerous
          isReasonRequired
          onCancel={() => (planned.value = null)}
          onConfirm={async (reason) => {
            await runImport(ready, reason)
            planned.value = null
          }}
        />
      )}
    </>
  )
}
