import { signal, useSignal } from '@preact/signals'
import type { Explanation, StepName } from '../../schema/evaluation.ts'
import type { SnapshotFlag } from '../../schema/snapshot.ts'
import { readAnswer, api } from '../api.ts'
import { FIELDS } from '../model/draft.ts'
import { parseNames } from '../model/names.ts'
import { explainLocally, type PanelContext } from '../state/explain-locally.ts'
import { useBusy } from './use-busy.ts'
import { Button } from './button.tsx'
import { Section } from './section.tsx'
import { useAnswer } from './use-answer.ts'

type Props = {
  readonly flag: SnapshotFlag
  /** Whether this is the flag as it was saved, and so as the edge has it. */
  readonly isSaved: boolean
  /** Whether the edge knows no such flag yet. */
  readonly isNew?: boolean
}

/** What is typedContext stays while one goes from flag to flag. */
const typedContext = signal({ userId: '', role: '', city: '', categories: '' })

const ATTRIBUTES = [
  ['userId', 'User id'],
  ['role', 'Role'],
  ['city', 'City'],
  ['categories', 'Categories'],
] as const

const STEPS: Readonly<Record<StepName, string>> = { disabled: 'Enabled', ...FIELDS }

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
    {explanation.steps.map(({ step, outcome, detail }) => (
      <li key={step} data-outcome={outcome}>
        <b>{STEPS[step]}</b> <span class="tag">{outcome}</span>
        <p dir="auto">{detail}</p>
      </li>
    ))}
  </ol>
)

const summarize = ({ value, decidedBy }: Explanation) =>
  `${value ? 'on' : 'off'}, decided by ${decidedBy === null ? 'nothing' : STEPS[decidedBy].toLowerCase()}`

/** Asks the edge the same question: it runs the same code, so anything but agreement is news. */
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
        ? `The edge agrees (version ${version}).`
        : `The edge says ${summarize(theirs)} (version ${version})${isSaved ? '' : ', as saved'}.`,
    }
  }
  return (
    <div class="row">
      <Button disabled={isBusy.value} onClick={() => run(ask)}>
        Ask the edge
      </Button>
      <p role="status" class="small">
        {error.value ?? (answer.value?.to === question ? answer.value.text : '')}
      </p>
    </div>
  )
}

/** Why a context gets what it gets: every step and which decided, by the same code as the edge, in this browser. */
export const WhyPanel = ({ flag, isSaved, isNew }: Props) => {
  const context = toContext(typedContext.value)
  const { answer: explanation } = useAnswer(JSON.stringify([flag, context]), () =>
    explainLocally(flag, context),
  )
  return (
    <Section class="card" title="Why?">
      <p class="quiet small">
        {isSaved ? 'What someone gets, and which step decides.' : 'As in the form: not saved yet.'}
      </p>
      {!isSecureContext && <p class="hint">Browsers compute this over https only.</p>}
      <ContextForm />
      {explanation && (
        <>
          <p class="hint" role="status" data-tone={explanation.value ? 'good' : undefined}>
            <b>{explanation.value ? 'On' : 'Off'}</b>{' '}
            <span class="small">
              {explanation.errorCode ?? explanation.reason}
              {explanation.decidedBy && ` · ${STEPS[explanation.decidedBy]} decided`}
            </span>
          </p>
          <Steps explanation={explanation} />
          {!isNew && <CompareWithEdge mine={explanation} isSaved={isSaved} />}
        </>
      )}
    </Section>
  )
}
