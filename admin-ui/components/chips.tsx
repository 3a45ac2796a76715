import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { parseNames, addNames } from '../model/names.ts'
import { Button } from './button.tsx'
import { Field } from './field.tsx'

type Props = {
  readonly label: string
  readonly names: readonly string[]
  readonly issues: readonly string[]
  readonly disabled: boolean
  readonly onChange: (names: readonly string[]) => void
}

/** A list may contain thousands of users, so only the first ones are drawn. */
const SHOWN = 60

type ChipListProps = Pick<Props, 'label' | 'names' | 'disabled' | 'onChange'>

const ChipList = ({ label, names, disabled, onChange }: ChipListProps) => {
  const isWhole = useSignal(false)
  const shown = isWhole.value ? names : names.slice(0, SHOWN)
  const list = useRef<HTMLUListElement>(null)
  return (
    <ul ref={list} tabIndex={-1} class="chips" aria-label={`${label}: ${names.length}`}>
      {shown.map((name) => (
        <li key={name}>
          <bdi>{name}</bdi>
          {!disabled && (
            <Button
              aria-label={`Remove ${name} from ${label}`}
              onClick={() => {
                // The focused button disappears. The focus moves to the list, whose label says how many are left.
                list.current?.focus()
                onChange(names.filter((other) => other !== name))
              }}
            >
              ✕
            </Button>
          )}
        </li>
      ))}
      {shown.length < names.length && (
        <li>
          <Button class="plain" onClick={() => (isWhole.value = true)}>
            Show {names.length - shown.length} more
          </Button>
        </li>
      )}
    </ul>
  )
}

/** A list of names, typed or pasted. Text in the input counts even without Enter. */
export const Chips = ({ label, names, issues, disabled, onChange }: Props) => {
  const said = useSignal('')
  const latest = useRef(names)
  latest.current = names
  const add = (input: HTMLInputElement, text: string) => {
    const next = addNames(latest.current, parseNames(text))
    const added = next.length - latest.current.length
    input.value = ''
    if (added === 0) return
    said.value = `${added} added, ${next.length} in all`
    onChange(next)
  }
  const onKeyDown = (event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }) => {
    const input = event.currentTarget
    if (event.key === 'Enter' && input.value !== '') event.preventDefault()
    if (event.key === 'Enter' || event.key === 'Tab') add(input, input.value)
    if (event.key === 'Backspace' && input.value === '' && names.length > 0)
      onChange(names.slice(0, -1))
  }
  // A new chip moves the content below. It is added after the click, so that the click hits its target.
  const onBlur = ({ currentTarget: input }: { readonly currentTarget: HTMLInputElement }) => {
    for (const next of ['mouseup', 'keydown'])
      addEventListener(next, () => add(input, input.value), { once: true })
  }
  return (
    <Field label={label} issues={issues}>
      {(control) => (
        <>
          <ChipList label={label} names={names} disabled={disabled} onChange={onChange} />
          <input
            {...control}
            dir="auto"
            autocomplete="off"
            placeholder={disabled ? '' : 'Type and press Enter, or paste many'}
            disabled={disabled}
            onKeyDown={onKeyDown}
            onBlur={onBlur}
            onPaste={(event) => {
              const text = event.clipboardData?.getData('text/plain') ?? ''
              if (parseNames(text).length < 2) return
              event.preventDefault()
              add(event.currentTarget, event.currentTarget.value + text)
            }}
          />
          <span class="visually-hidden" role="status">
            {said.value}
          </span>
        </>
      )}
    </Field>
  )
}
