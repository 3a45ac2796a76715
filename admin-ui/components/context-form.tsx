import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Condition } from '../../schema/condition.ts'
import { listFurtherAttributes, readAttribute } from '../model/context-fields.ts'
import { parseNames } from '../model/names.ts'
import { describeCaller } from '../model/trust.ts'
import { callers, loadCallers } from '../state/callers.ts'
import type { PanelContext } from '../state/explain-locally.ts'

/** What was typed stays when another flag is opened. */
const typed = signal<Readonly<Record<string, string>>>({})
const callerId = signal('')

const LABELS = [
  ['userId', 'User id'],
  ['role', 'Role'],
  ['city', 'City'],
  ['categories', 'Categories'],
] as const

/** The key by which the context arrives; undefined for a server key. */
export const getCaller = () => callers.value.find(({ id }) => id === callerId.value)

/** The context as it was typed. Empty fields are missing. */
export const readTypedContext = (conditions: readonly Condition[]): PanelContext => {
  const names = [...LABELS.map(([name]) => name), ...listFurtherAttributes(conditions)]
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = typed.value[name] ?? ''
      if (text === '') return []
      return [
        [name, name === 'categories' ? parseNames(text) : readAttribute(text, name, conditions)],
      ]
    }),
  )
}

const AttributeField = ({ name, label }: { readonly name: string; readonly label: string }) => (
  <label>
    <bdi>{label}</bdi>
    <input
      dir="auto"
      autocomplete="off"
      maxLength={256}
      value={typed.value[name] ?? ''}
      placeholder={name === 'categories' ? 'music, comedy' : ''}
      onInput={(event) => (typed.value = { ...typed.value, [name]: event.currentTarget.value })}
    />
  </label>
)

/** The context to explain: a key, the common attributes, and those that the flag's conditions use. */
export const ContextForm = ({ conditions }: { readonly conditions: readonly Condition[] }) => {
  useEffect(() => void loadCallers(), [])
  const clients = callers.value.filter(({ kind }) => kind === 'client')
  return (
    <>
      <label>
        As seen by
        <select
          value={getCaller()?.id ?? ''}
          onChange={(event) => (callerId.value = event.currentTarget.value)}
        >
          <option value="">A server key: trusts everything</option>
          {clients.map((key) => (
            <option key={key.id} value={key.id}>
              {key.name}: {describeCaller(key)}
            </option>
          ))}
        </select>
      </label>
      <div class="pair context">
        {LABELS.map(([name, label]) => (
          <AttributeField key={name} name={name} label={label} />
        ))}
        {listFurtherAttributes(conditions).map((name) => (
          <AttributeField key={name} name={name} label={name} />
        ))}
      </div>
    </>
  )
}
