import { signal, useSignal } from '@preact/signals'
import type { Explanation, StepName } from '../../schema/evaluation.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { readAnswer, api } from '../api.ts'
import { FIELDS } from '../model/draft.ts'
import { describeOutcome, describeReason } from '../model/explanation-words.ts'
import { parseNames } from '../model/names.ts'
import { explainLocally, type PanelContext } from '../state/explain-locally.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { Section } from './section.tsx'
import { useAnswer } from './use-answer.ts'

type Props = {
  readonly flag: SnapshotFlag
  /** True when the form equals the saved flag. */
  readonly isSaved: boolean
  /** True when the flag does not exist yet. */
  readonly isNew?: boolean
}

/** The typed context stays when another flag is opened. */
const typedContext = signal({ userId: '', role: '', city: '', categories: '' })

const ATTRIBUTES = [
  ['userId', 'User id'],
  ['role', 'Role'],
  ['city', 'City'],
  ['categories', 'Categories'],
] as const

const STEPS: Readonly<Record<StepName, string>> = {
  disabled: 'Enabled',
  ...FIELDS,
  conditions: FIELDS.where,
}

const toContext = ({ categories, ...texts }: typeof typedContext.value): PanelContext => ({
  ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== '')),
  ...(categories !== '' && { categories: parseNames(categories) }),
})

const ContextForm = () => (
  <div class="pair context">
    {ATTRIBUTES.map(([name, label]) => (
      <label key={name}>
        {label}
        <input
          dir="auto"
          autocomplete="off"
          maxLength={256}
          value={typedContext.value[name]}
          placeholder={name === 'categories' ? 'music, comedy' : ''}
          onInput={(event) =>
            (typedContext.value = { ...typedContext.value, [name]: event.currentTarget.value })
          }
        />
      </label>
    ))}
  </div>
)

const Steps = ({ explanation }: { readonly explanation: Explanation }) => (
  <ol class="steps-taken" aria-label="Steps in order">
    {explanation.steps.map((trace) => (
      <li key={trace.step} data-outcome={trace.outcome}>
        <b>{STEPS[trace.step]}</b> <span class="tag">{describeOutcome(trace)}</span>
        <p dir="auto">{trace.detail}</p>
      </li>
    ))}
  </ol>
)

const summarize = (explanation: Explanation) =>
  `${explanation.value ? 'on' : 'off'}, ${describeReason(explanation)}`

/** Compares the local explanation with the one of the edge. Both run the same code, so they should agree. */
const CompareWithEdge = ({
  mine,
  isSaved,
}: {
  readonly mine: Explanation
  readonly isSaved: boolean
}) => {
  const answer = useSignal<{ readonly to: string; readonly text: string } | null>(null)
  const { isBusy, error, run } = useBusy()
  const question = JSON.stringify(mine)
  const ask = async () => {
    const context = toContext(typedContext.value)
    const { flags, version } = await readAnswer(
      api.explain.$post({ json: { key: mine.key, context } }),
    )
    const [theirs] = flags
    if (!theirs) return
    const agrees = JSON.stringify(theirs) === question
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
  const context = toContext(typedContext.value)
  const { answer: explanation } = useAnswer(JSON.stringify([flag, context]), () =>
    explainLocally(flag, context),
  )
  return (
    <Section class="card" title="Why?">
      <p class="quiet small">
        {isSaved
          ? 'What a user gets, and which step decides.'
          : 'For the values in the form, which are not saved yet.'}
      </p>
      {!isSecureContext && <p class="hint">Your browser computes this only over HTTPS.</p>}
      <ContextForm />
      {explanation && (
        <>
          <p class="hint" role="status" data-tone={explanation.value ? 'good' : undefined}>
            <b>{explanation.value ? 'On' : 'Off'}</b>, {describeReason(explanation)}{' '}
            <code class="small">{explanation.errorCode ?? explanation.reason}</code>
          </p>
          <Steps explanation={explanation} />
          {!isNew && <CompareWithEdge mine={explanation} isSaved={isSaved} />}
        </>
      )}
    </Section>
  )
}
