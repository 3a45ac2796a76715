import type { Signal } from '@preact/signals'
import { describeKey, describeKeyRule, type KeyRule } from '../model/key-help.ts'
import { experiments } from '../state/experiments.ts'
import { flags } from '../state/flags.ts'
import { Field } from './field.tsx'

type Props = {
  readonly value: Signal<string>
  readonly rule: KeyRule
  /** Things with keys that are taken. Flags and experiments share theirs. */
  readonly taken?: readonly { readonly key: string }[]
  readonly issues: readonly string[]
}

/** The key of a new flag, segment or experiment. */
export const KeyField = ({ value, rule, taken, issues }: Props) => {
  const others = taken ?? [...(flags.value.items ?? []), ...(experiments.value.items ?? [])]
  const keys = new Set(others.map(({ key }) => key))
  return (
    <div class="card">
      <Field
        label="Key"
        help={describeKey(rule, value.value, keys)}
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
