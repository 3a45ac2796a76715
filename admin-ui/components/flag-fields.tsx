import { Fragment } from 'preact'
import { FIELDS } from '../model/draft.ts'
import type { ListName } from '../model/flag-state.ts'
import { describeRoleTrust } from '../model/trust.ts'
import { callers } from '../state/callers.ts'
import type { FlagForm } from '../state/flag-form.ts'
import { AddSegment } from './add-segment.tsx'
import { Chips } from './chips.tsx'
import { ConditionList } from './condition-list.tsx'
import { DescriptionField } from './description-field.tsx'
import { Issues } from './field.tsx'
import { RolloutField } from './rollout-field.tsx'
import { ServingList } from './serving-list.tsx'
import { Switch } from './switch.tsx'

type Group = readonly [legend: string, help: string, lists: readonly ListName[]]

const GROUPS: readonly Group[] = [
  [
    'Targeting',
    'Users must match every list. An empty list matches everyone.',
    ['roles', 'cities', 'categories'],
  ],
  [
    'Exceptions',
    'User ids that always or never get it. The deny list wins.',
    ['allowList', 'denyList'],
  ],
]

type Props = { readonly form: FlagForm; readonly disabled: boolean }

/** A role rule has no effect for a key that ignores roles. */
const RoleTrust = () => {
  const text = describeRoleTrust(callers.value)
  return text && <p class="hint">{text}</p>
}

/** All settings of a flag, the most used first. */
export const FlagFields = ({ form, disabled }: Props) => {
  const draft = form.draft.value
  const { enabled, rollout, description, killSwitch } = draft
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
            {enabled ? 'Enabled' : 'Disabled'}{' '}
            <span id="enabled-help" class="quiet small">
              When off, nobody gets it, not even the allow list.
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
      <ServingList serving={draft.serving} issues={form.issuesOf('serving')} />
      {GROUPS.map(([legend, help, lists]) => (
        <fieldset key={legend} class="card">
          <legend>{legend}</legend>
          <p class="quiet small">{help}</p>
          {lists.map((list) => (
            <Fragment key={list}>
              <Chips
                label={FIELDS[list]}
                names={draft[list]}
                issues={form.issuesOf(list)}
                disabled={disabled}
                onChange={(names) => form.set({ [list]: names })}
              />
              {list === 'roles' && draft.roles.length > 0 && <RoleTrust />}
            </Fragment>
          ))}
          {lists.includes('roles') && (
            <>
              <ConditionList
                conditions={draft.where}
                help={`${FIELDS.where}: all must hold. The API sets those on attributes.`}
                disabled={disabled}
                onChange={(where) => form.set({ where })}
              />
              {!disabled && (
                <AddSegment
                  onAdd={(condition) => form.set({ where: [...draft.where, condition] })}
                />
              )}
              <Issues issues={form.issuesOf('where')} />
            </>
          )}
        </fieldset>
      ))}
      <fieldset class="card">
        <legend>About</legend>
        <DescriptionField
          description={description}
          help="What the flag changes when it is on."
          issues={form.issuesOf('description')}
          disabled={disabled}
          onChange={form.set}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={killSwitch}
            disabled={disabled}
            onChange={(event) => form.set({ killSwitch: event.currentTarget.checked })}
          />
          <span>
            Kill switch{' '}
            <span class="quiet small">Stays on top of the list. Every change needs a reason.</span>
          </span>
        </label>
      </fieldset>
      <Issues issues={form.issuesOf(null)} />
    </>
  )
}
