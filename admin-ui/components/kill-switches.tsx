import type { ListedFlag } from '../../schema/flag.ts'
import { describeTargeting } from '../model/flag-state.ts'
import { joinParts } from '../model/names.ts'
import { findFlag, switchFlag } from '../state/flags.ts'
import { hasRole } from '../state/session.ts'
import { Changed } from './changed.tsx'
import { Clamped } from './clamped.tsx'
import { Confirm } from './confirm.tsx'
import { openDialog } from './dialog.tsx'
import { FlagName } from './flag-name.tsx'
import { Section } from './section.tsx'
import { Switch } from './switch.tsx'

const FlipDialog = ({ flag: shown }: { readonly flag: ListedFlag }) => {
  const verb = shown.enabled ? 'off' : 'on'
  // The current flag, so that the dialog shows changes that arrive while it is open.
  const flag = findFlag(shown.key) ?? shown
  return (
    <Confirm
      title={`Turn ${flag.key} ${verb}?`}
      about={
        <>
          <Clamped text={flag.description} />
          <p>
            {shown.enabled
              ? 'It will be off for everyone within seconds, even for the allow list.'
              : `It will be on again with its settings: ${joinParts(`${flag.rollout} % of users`, describeTargeting(flag), 'within seconds')}.`}
          </p>
        </>
      }
      action={`Turn ${verb}`}
      isDangerous={shown.enabled}
      isReasonRequired
      onConfirm={(reason) => switchFlag(flag, !shown.enabled, reason)}
    />
  )
}

const describeLimits = ({ enabled, rollout, rules, targets }: ListedFlag) =>
  enabled ? joinParts(rollout < 100 && `${rollout} %`, describeTargeting({ rules, targets })) : ''

/** The kill switches, on top of the page. Each flip opens a dialog. */
export const KillSwitches = ({ flags }: { readonly flags: readonly ListedFlag[] }) => (
  <Section title="Kill switches">
    <ul class="kill-switches">
      {flags.map((flag) => (
        <li key={flag.key} class="card" data-tone={flag.enabled ? undefined : 'bad'}>
          <div class="grow">
            <FlagName flag={flag} />
            <p class="quiet small">
              <Changed at={flag.updatedAt} by={flag.updatedBy} />
            </p>
          </div>
          <div class="lever small">
            <Switch
              name={flag.key}
              isOn={flag.enabled}
              isLarge
              disabled={!hasRole('editor')}
              onFlip={() => openDialog(<FlipDialog flag={flag} />)}
            />
            <b aria-hidden="true">{flag.enabled ? 'On' : 'Off'}</b>
            {describeLimits(flag) && <span class="quiet small">{describeLimits(flag)}</span>}
          </div>
        </li>
      ))}
    </ul>
  </Section>
)
