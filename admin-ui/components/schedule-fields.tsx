import { fromLocal, toLocal, formatUtc } from '../model/local-time.ts'
import type { Schedule } from '../state/experiments.ts'
import { Field } from './field.tsx'

const INSTANTS = [
  ['startAt', 'Start at', 'Empty means at the launch.'],
  ['stopAt', 'Stop at', 'Empty means when someone stops it.'],
] as const

type Props = {
  readonly schedule: Schedule
  readonly onChange: (change: Partial<Schedule>) => void
  readonly issuesAt?: (path: string) => readonly string[]
  /** After the first launch the start cannot change. */
  readonly isStarted: boolean
}

/** The times of the automatic start and stop. */
export const ScheduleFields = ({ schedule, onChange, issuesAt, isStarted }: Props) => (
  <div class="pair">
    {INSTANTS.map(([name, label, empty]) => {
      const at = schedule[name]
      return (
        <Field
          key={name}
          label={label}
          help={at === null ? empty : `Your local time. That is ${formatUtc(at)}.`}
          issues={issuesAt?.(name) ?? []}
          type="datetime-local"
          value={toLocal(at)}
          disabled={isStarted && name === 'startAt'}
          onInput={(event) => onChange({ [name]: fromLocal(event.currentTarget.value) })}
        />
      )
    })}
  </div>
)
