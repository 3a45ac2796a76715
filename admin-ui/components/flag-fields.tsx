import type { FlagForm } from '../state/flag-form.ts'
import { Chips } from './chips.tsx'
import { describedBy, Field, Issues } from './field.tsx'
import { RolloutField } from './rollout-field.tsx'
import { Switch } from './switch.tsx'

const MAX_DESCRIPTION = 1_000

const TARGETING = [
  ['roles', 'Roles', 'Only users with one of these roles. Empty: any role.'],
  ['cities', 'Cities', 'Only users in one of these cities. Empty: anywhere.'],
  ['categories', 'Categories', 'Only users with one of these categories. Empty: any.'],
] as const

const EXCEPTIONS = [
  [
    'allowList',
    'Allow list',
    'These user ids always get it, whatever the targeting and the rollout.',
  ],
  ['denyList', 'Deny list', 'These user ids never get it. Deny beats allow.'],
] as const

type Props = { readonly form: FlagForm; readonly disabled: boolean }

const Lists = ({
  form,
  disabled,
  lists,
}: Props & { readonly lists: typeof TARGETING | typeof EXCEPTIONS }) => (
  <>
    {lists.map(([list, label, help]) => (
      <Chips
        key={list}
        id={list}
        label={label}
        help={help}
        names={form.draft.value[list]}
        issues={form.issuesOf(list)}
        disabled={disabled}
        onChange={(names) => form.set({ [list]: names })}
      />
    ))}
  </>
)

const About = ({ form, disabled }: Props) => {
  const { description, killSwitch } = form.draft.value
  const issues = form.issuesOf('description')
  return (
    <>
      <Field
        id="description"
        label="Description"
        help={`What it does, on and off. ${description.length} of ${MAX_DESCRIPTION} characters.`}
        issues={issues}
      >
        <textarea
          id="description"
          dir="auto"
          maxLength={MAX_DESCRIPTION}
          value={description}
          disabled={disabled}
          aria-describedby={describedBy('description')}
          aria-invalid={issues.length > 0}
          onInput={(event) => form.set({ description: event.currentTarget.value })}
        />
      </Field>
      <label class="check">
        <input
          type="checkbox"
          checked={killSwitch}
          disabled={disabled}
          onChange={(event) => form.set({ killSwitch: event.currentTarget.checked })}
        />
        <span>
          Kill switch
          <span class="quiet small">
            {' '}
            Pinned on top; a change asks for confirmation and a reason.
          </span>
        </span>
      </label>
    </>
  )
}

/** Every rule of a flag, the most used first. */
export const FlagFields = ({ form, disabled }: Props) => {
  const { enabled, rollout } = form.draft.value
  return (
    <>
      <div class="card">
        <div class="check">
          <Switch
            name="Enabled"
            isOn={enabled}
            isLarge
            disabled={disabled}
            describedBy="enabled-help"
            onFlip={(isOn) => form.set({ enabled: isOn })}
          />
          <span>
            <b>{enabled ? 'Enabled' : 'Disabled'}</b>
            <span id="enabled-help" class="quiet small">
              {' '}
              Off beats everything below, the allow list included.
            </span>
          </span>
        </div>
        <RolloutField
          rollout={rollout}
          before={form.baseDraft.value.rollout}
          issues={form.issuesOf('rollout')}
          disabled={disabled}
          onChange={(share) => form.set({ rollout: share })}
        />
      </div>
      <fieldset class="card">
        <legend>Targeting</legend>
        <Lists form={form} disabled={disabled} lists={TARGETING} />
      </fieldset>
      <fieldset class="card">
        <legend>Exceptions</legend>
        <Lists form={form} disabled={disabled} lists={EXCEPTIONS} />
      </fieldset>
      <fieldset class="card">
        <legend>About</legend>
        <About form={form} disabled={disabled} />
      </fieldset>
      <Issues id="form-issues" issues={form.issuesOf(null)} />
    </>
  )
}
