import type { ListedFlag } from '../../schema/flag.ts'
import { stateOf, targetingOf } from '../model/flag-state.ts'
import { switchFlag } from '../state/flags.ts'
import { notifyError } from '../state/notices.ts'
import { may } from '../state/session.ts'
import { Changed } from './changed.tsx'
import { RolloutBar } from './rollout-bar.tsx'
import { Switch } from './switch.tsx'

const Row = ({ flag }: { readonly flag: ListedFlag }) => (
  <tr data-state={stateOf(flag)}>
    <td>
      <Switch
        name={flag.key}
        isOn={flag.enabled}
        disabled={!may('editor')}
        onFlip={(isOn) => void switchFlag(flag, isOn).catch(notifyError)}
      />
    </td>
    <th scope="row">
      <a class="key" href={`/settings/flags/${flag.key}`}>
        {flag.key}
      </a>
      {flag.description && (
        <p class="clamped quiet" dir="auto">
          {flag.description}
        </p>
      )}
    </th>
    <td class="number">
      <RolloutBar rollout={flag.rollout} state={stateOf(flag)} />
    </td>
    <td class="wide-only">{targetingOf(flag.rules) || <span class="quiet">everyone</span>}</td>
    <td class="wide-only quiet">
      <Changed at={flag.updatedAt} by={flag.updatedBy} />
    </td>
  </tr>
)

export const FlagTable = ({ flags }: { readonly flags: readonly ListedFlag[] }) => (
  <table class="flags">
    <caption class="visually-hidden">Flags</caption>
    <thead>
      <tr>
        <th scope="col">
          <span class="hidden-when-narrow">Enabled</span>
        </th>
        <th scope="col">Flag</th>
        <th scope="col">Rollout</th>
        <th scope="col" class="wide-only">
          Targeting
        </th>
        <th scope="col" class="wide-only">
          Last changed
        </th>
      </tr>
    </thead>
    <tbody>
      {flags.map((flag) => (
        <Row key={flag.key} flag={flag} />
      ))}
    </tbody>
  </table>
)
