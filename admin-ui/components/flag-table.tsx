import type { ListedFlag } from '../../schema/flag.ts'
import { getFlagState, describeTargeting } from '../model/flag-state.ts'
import { switchFlag } from '../state/flags.ts'
import { notifyError } from '../state/notices.ts'
import { hasRole } from '../state/session.ts'
import { Changed } from './changed.tsx'
import { FlagName } from './flag-name.tsx'
import { RolloutBar } from './rollout-bar.tsx'
import { Switch } from './switch.tsx'
import { Table, type Column, type Row } from './table.tsx'

const COLUMNS: readonly Column[] = [
  ['On'],
  ['Flag'],
  ['Rollout'],
  ['Targeting', 'wide-only'],
  ['Last changed', 'wide-only quiet'],
]

const toRow = (flag: ListedFlag): Row => ({
  key: flag.key,
  cells: [
    <Switch
      name={flag.key}
      isOn={flag.enabled}
      disabled={!hasRole('editor')}
      onFlip={(isOn) => void switchFlag(flag, isOn).catch(notifyError)}
    />,
    <FlagName flag={flag} />,
    <RolloutBar rollout={flag.rollout} state={getFlagState(flag)} />,
    describeTargeting(flag) || <span class="quiet">everyone</span>,
    <Changed at={flag.updatedAt} by={flag.updatedBy} />,
  ],
})

export const FlagTable = ({ flags }: { readonly flags: readonly ListedFlag[] }) => (
  <Table caption="Flags" columns={COLUMNS} rows={flags.map(toRow)} style="flags" named={1} />
)
