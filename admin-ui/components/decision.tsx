import { useSignal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Decision } from '../../schema/experiment-record.ts'
import { describeDecision, OUTCOMES } from '../model/decision.ts'
import { updateExperiment } from '../state/experiments.ts'
import { Button } from './button.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { NoteField } from './note-field.tsx'
import { Section } from './section.tsx'

type Choice = { readonly value: string; readonly label: string; readonly decision: Decision | null }

/** Lists the decisions of an experiment: one for each variant to ship, then the others. */
const listChoices = ({ variants }: Experiment): readonly Choice[] => [
  { value: '', label: 'No decision yet', decision: null },
  ...variants.slice(1).map(({ name }): Choice => {
    const decision = { outcome: 'ship', variant: name } as const
    return { value: `ship ${name}`, label: describeDecision(decision), decision }
  }),
  ...(['keep', 'inconclusive', 'invalid'] as const).map((outcome): Choice => ({
    value: outcome,
    label: OUTCOMES[outcome],
    decision: { outcome, variant: null },
  })),
]

const toValue = (decision: Decision | null) =>
  decision === null ? '' : [decision.outcome, decision.variant].filter(Boolean).join(' ')

const DecisionDialog = ({ experiment }: { readonly experiment: Experiment }) => {
  const chosen = useSignal(toValue(experiment.decision))
  const note = useSignal(experiment.note ?? '')
  const choices = listChoices(experiment)
  return (
    <Confirm
      title={`Decision on ${experiment.key}`}
      action="Save"
      about={<p>The decision changes no flag and no variant. It says what the team chose.</p>}
      onConfirm={(reason) =>
        updateExperiment(
          experiment,
          {
            decision: choices.find(({ value }) => value === chosen.value)?.decision ?? null,
            note: note.value.trim() || null,
          },
          reason,
        )
      }
    >
      <Field label="Decision">
        {(control) => (
          <select
            {...control}
            value={chosen.value}
            onChange={(event) => (chosen.value = event.currentTarget.value)}
          >
            {choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <NoteField note={note.value} onChange={(value) => (note.value = value)} />
    </Confirm>
  )
}

/** What the team decided after the stop. */
export const DecisionSection = ({ experiment }: { readonly experiment: Experiment }) => {
  const { decision, note } = experiment
  return (
    <Section
      title="Decision"
      action={
        <Button
          needs="editor"
          onClick={() => openDialog(<DecisionDialog experiment={experiment} />)}
        >
          {decision ? 'Change the decision' : 'Record a decision'}
        </Button>
      }
    >
      <p>{decision ? <b>{describeDecision(decision)}</b> : 'No decision yet.'}</p>
      {note && <p dir="auto">{note}</p>}
    </Section>
  )
}
