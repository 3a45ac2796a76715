import { useSignal } from '@preact/signals'
import type { Explanation, StepName, TrustTrace } from '../../schema/evaluation.ts'
import { listSegmentKeys } from '../../schema/segment-keys.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { readAnswer, api } from '../api.ts'
import { FIELDS } from '../model/draft.ts'
import { describeOutcome, describeReason, describeServed } from '../model/explanation-words.ts'
import { applyTrust, describeTrust, traceTrust } from '../model/trust.ts'
import { explainLocally, type PanelContext } from '../state/explain-locally.ts'
import { useLive } from '../state/live.ts'
import { findSegment, loadSegment, loadUsedSegments } from '../state/segments.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { ContextForm, getCaller, readTypedContext } from './context-form.tsx'
import { Section } from './section.tsx'
import { useAnswer } from './use-answer.ts'

type Props = {
  readonly flag: SnapshotFlag
  /** True when the form equals the saved flag. */
  readonly isSaved: boolean
  /** True when the flag does not exist yet. */
  readonly isNew?: boolean
}

const STEPS: Readonly<Record<StepName, string>> = {
  disabled: 'Enabled',
  ...FIELDS,
  targets: 'Targets',
  conditions: FIELDS.where,
}

type StepsProps = { readonly explanation: Explanation; readonly trust: TrustTrace | undefined }

const Steps = ({ explanation, trust }: StepsProps) => (
  <ol class="steps-taken" aria-label="Steps in order">
    {trust && (
      <li data-outcome="passed">
        <b>Key</b>{' '}
        <span class="tag">{trust.ignored.length > 0 ? 'ignores some fields' : 'trusts all'}</span>
        <p dir="auto">{describeTrust(trust)}</p>
      </li>
    )}
    {explanation.steps.map((trace) => (
      <li key={trace.step} data-outcome={trace.outcome}>
        <b>{STEPS[trace.step]}</b> <span class="tag">{describeOutcome(trace)}</span>
        <p dir="auto">{trace.detail}</p>
      </li>
    ))}
  </ol>
)

const summarize = (explanation: Explanation) =>
  `${describeServed(explanation)}, ${describeReason(explanation)}`

/** Compares the local explanation with the one of the edge. Both run the same code, so they should agree. */
const CompareWithEdge = ({
  mine,
  context,
  keyId,
  isSaved,
}: {
  readonly mine: Explanation
  readonly context: PanelContext
  readonly keyId: string | undefined
  readonly isSaved: boolean
}) => {
  const answer = useSignal<{ readonly to: string; readonly text: string } | null>(null)
  const { isBusy, error, run } = useBusy()
  const question = JSON.stringify([mine, context, keyId])
  const ask = async () => {
    const { flags, version } = await readAnswer(
      api.explain.$post({ json: { key: mine.key, context, ...(keyId && { keyId }) } }),
    )
    const [theirs] = flags
    if (!theirs) return
    const agrees = JSON.stringify(theirs) === JSON.stringify(mine)
    answer.value = {
      to: question,
      text: agrees
        ? `The edge agrees (snapshot ${version}).`
        : `The edge answers ${isSaved ? '' : 'for the saved flag: '}${summarize(theirs)} (snapshot ${version}).`,
    }
  }
  return (
    <div class="row">
      <Button disabled={isBusy.value} onClick={() => run(ask)}>
        Check against the edge
      </Button>
      <p role="status" class="small">
        {error.value ?? (answer.value?.to === question ? answer.value.text : '')}
      </p>
    </div>
  )
}

/** Explains the value for a context step by step. The browser runs the same code as the edge. */
export const WhyPanel = ({ flag, isSaved, isNew }: Props) => {
  const keys = listSegmentKeys(flag)
  useLive(async () => void (await Promise.all(keys.map(loadSegment))))
  const segments = keys.flatMap((key) => findSegment(key)?.segment ?? [])
  const conditions = [
    ...(flag.rules?.where ?? []),
    ...segments.flatMap((segment) => segment.conditions),
  ]
  const caller = getCaller()
  const context = readTypedContext(conditions)
  const trusted = applyTrust(caller, context)
  const question = JSON.stringify([flag, trusted, segments.map(({ version }) => version)])
  const { answer: explanation } = useAnswer(question, async () =>
    explainLocally(flag, trusted, await loadUsedSegments(flag)),
  )
  return (
    <Section class="card" title="Why?">
      <p class="quiet small">
        {isSaved
          ? 'What a user gets, and which step decides.'
          : 'For the values in the form, which are not saved yet.'}
      </p>
      {!isSecureContext && <p class="hint">Your browser computes this only over HTTPS.</p>}
      <ContextForm conditions={conditions} />
      {explanation && (
        <>
          <p class="hint" role="status" data-tone={explanation.value === true ? 'good' : undefined}>
            <b>{describeServed(explanation, true)}</b>, {describeReason(explanation)}{' '}
            <code class="small">{explanation.errorCode ?? explanation.reason}</code>
          </p>
          <Steps explanation={explanation} trust={caller && traceTrust(caller, context)} />
          {!isNew && (
            <CompareWithEdge
              mine={explanation}
              context={context}
              keyId={caller?.id}
              isSaved={isSaved}
            />
          )}
        </>
      )}
    </Section>
  )
}
