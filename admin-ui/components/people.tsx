import { useSignal } from '@preact/signals'
import { useState } from 'preact/hooks'
import type { Experiment } from '../../schema/experiment.ts'
import { counted } from '../../worker/experiments/numbers.ts'
import { findRepeatedUser, toPeople, toPeopleDraft, type PeopleDraft } from '../model/people.ts'
import { updateExperiment } from '../state/experiments.ts'
import { Button } from './button.tsx'
import { Chips } from './chips.tsx'
import { ReasonForm } from './reason-form.tsx'
import { Section } from './section.tsx'
import { Terms } from './terms.tsx'
import { useUnsavedGuard } from './use-unsaved-guard.ts'

type Props = { readonly experiment: Experiment }

const PeopleForm = ({ experiment, onDone }: Props & { readonly onDone: () => void }) => {
  const [base] = useState(experiment)
  const start = toPeopleDraft(base)
  const draft = useSignal<PeopleDraft>(start)
  const { testers, leftOut } = draft.value
  // One click can end the typing in two lists, so each change begins from the newest draft.
  const set = (changes: Partial<PeopleDraft>) => (draft.value = { ...draft.value, ...changes })
  const isUnsaved = () => JSON.stringify(toPeople(draft.value)) !== JSON.stringify(toPeople(start))
  const isSame = !isUnsaved()
  const repeated = findRepeatedUser(draft.value)
  const isOutdated = experiment.version > base.version
  useUnsavedGuard(isUnsaved)
  return (
    <div class="narrow">
      <ReasonForm
        action={isSame ? 'Nothing to save' : 'Save the lists'}
        disabled={isSame || repeated !== undefined || isOutdated}
        onCancel={onDone}
        onConfirm={async (reason) => {
          await updateExperiment(base, toPeople(draft.value), reason)
          onDone()
        }}
      >
        <div class="card">
          {base.variants.map(({ name }) => (
            <Chips
              key={name}
              label={`Testers who see ${name}`}
              names={testers[name] ?? []}
              issues={[]}
              disabled={false}
              onChange={(names) => set({ testers: { ...draft.value.testers, [name]: names } })}
            />
          ))}
          <Chips
            label="Left out"
            names={leftOut}
            issues={[]}
            disabled={false}
            onChange={(names) => set({ leftOut: names })}
          />
        </div>
        {repeated !== undefined && (
          <p class="alert" role="alert">
            {repeated} is in two lists. Keep one of the two.
          </p>
        )}
        {isOutdated && (
          <p class="alert" role="alert">
            Someone saved this experiment while you were editing. Cancel, then edit the current
            lists.
          </p>
        )}
        {experiment.launchedAt !== null && (
          <p class="warning">
            A new tester leaves the results for good. A user of the list leaves them until you
            remove the user. A verdict must then be the same with the users who were counted before
            and without.
          </p>
        )}
      </ReasonForm>
    </div>
  )
}

const UserIds = ({ ids }: { readonly ids: readonly string[] }) => (
  <>
    <bdi>{ids.slice(0, 5).join(', ')}</bdi>
    {ids.length > 5 && ` and ${counted(ids.length - 5, 'other user')}`}
  </>
)

/** Who counts in no result: testers by variant, and users who are left out. */
export const People = ({ experiment }: Props) => {
  const isEditing = useSignal(false)
  const { testers, leftOut } = toPeopleDraft(experiment)
  const isStopped = experiment.status === 'STOPPED'
  return (
    <Section
      title="Testers and left-out users"
      action={
        !isEditing.value && (
          <Button
            needs="editor"
            whyNot={isStopped ? 'The experiment is stopped' : undefined}
            onClick={() => (isEditing.value = true)}
          >
            Edit the lists
          </Button>
        )
      }
    >
      <p class="quiet small">
        They count in no result. A tester sees the chosen variant, also before the launch. A
        left-out user gets no variant.
      </p>
      {isEditing.value ? (
        <PeopleForm experiment={experiment} onDone={() => (isEditing.value = false)} />
      ) : (
        <Terms
          of={[
            ...Object.entries(testers).map(
              ([name, ids]) =>
                [`See ${name}`, ids.length > 0 ? <UserIds ids={ids} /> : null] as const,
            ),
            ['Left out', leftOut.length > 0 ? <UserIds ids={leftOut} /> : 'Nobody'],
          ]}
        />
      )}
    </Section>
  )
}
