import type { Signal } from '@preact/signals'
import { describeKey, describeKeyRule, type KeyRule } from '../model/key-help.ts'
import { experiments } from '../state/experiments.ts'
import { flags } from '../state/flags.ts'
import { Field } from './field.tsx'

type Props = {
  readonly value: Signal<string>
  readonly rule: KeyRule
  readonly issues: readonly string[]
}

/** The key of a new flag or experiment. */
export const KeyField = ({ value, rule, issues }: Props) => {
  const others = [...(flags.value.items ?? []), ...(experiments.value.items ?? [])]
  const taken = new Set(others.map(({ key }) => key))
  return (
    <div class="card">
      <Field
        label="Key"
        help={describeKey(rule, value.value, taken)}
        issues={issues}
        class="key"
        autocapitalize="none"
        spellcheck={false}
        required
        maxLength={128}
        pattern={rule.pattern}
        title={describeKeyRule(rule)}
        value={value.value}
        onInput={(event) => (value.value = event.currentTarget.value)}
      />
    </div>
  )
}
