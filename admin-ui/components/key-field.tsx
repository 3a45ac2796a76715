import type { Signal } from '@preact/signals'
import { Field } from './field.tsx'

type Props = {
  readonly value: Signal<string>
  readonly pattern: string
  readonly title: string
  readonly help: string
  readonly issues: readonly string[]
}

/** The key of something new; what is new has one that can still be chosen. */
export const KeyField = ({ value, pattern, title, help, issues }: Props) => (
  <div class="card">
    <Field label="Key" help={help} issues={issues}>
      {(control) => (
        <input
          {...control}
          class="key"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          maxLength={128}
          pattern={pattern}
          title={title}
          value={value.value}
          onInput={(event) => (value.value = event.currentTarget.value)}
        />
      )}
    </Field>
  </div>
)
