import type { Schedule } from '../state/experiments.ts'
import { fromLocal, toLocal, utcText } from '../model/local-time.ts'
import { describedBy, Field } from './field.tsx'

type Props = {
  readonly schedule: Schedule
  readonly onChange: (change: Partial<Schedule>) => void
  readonly issuesAt: (path: string) => readonly string[]
  /** Launched before: when it began is history. */
  readonly isStarted: boolean
}

const EMPTY = {
  startAt: 'Empty: at the launch.',
  stopAt: 'Empty: when someone stops it.',
} as const

const Instant = ({
  name,
  label,
  schedule,
  onChange,
  issuesAt,
  disabled = false,
}: Omit<Props, 'isStarted'> & {
  readonly name: keyof Schedule
  readonly label: string
  readonly disabled?: boolean
}) => {
  const at = schedule[name]
  return (
    <Field
      id={name}
      label={label}
      help={at === null ? EMPTY[name] : `Your local time. That is ${utcText(at)}.`}
      issues={issuesAt(name)}
    >
      <input
        id={name}
        type="datetime-local"
        value={toLocal(at)}
        disabled={disabled}
        aria-describedby={describedBy(name)}
        onInput={(event) => onChange({ [name]: fromLocal(event.currentTarget.value) })}
      />
    </Field>
  )
}

/** When it starts and stops by itself. */
export const ScheduleFields = ({ isStarted, ...props }: Props) => (
  <div class="pair">
    <Instant {...props} name="startAt" label="Start at" disabled={isStarted} />
    <Instant {...props} name="stopAt" label="Stop at" />
  </div>
)
