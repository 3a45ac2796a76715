import type { Flag, FlagSettings, Rules } from '../../schema/flag.ts'
import { LISTS, type ListName } from './flag-state.ts'

/** A flag as the form holds it: no nulls, every list there. */
export type Draft = {
  readonly enabled: boolean
  readonly rollout: number
  readonly killSwitch: boolean
  readonly description: string
} & { readonly [List in ListName]: readonly string[] }

export type Field = keyof Draft

/** The fields in the order of the form, with their names. */
export const FIELDS: Readonly<Record<Field, string>> = {
  enabled: 'Enabled',
  rollout: 'Rollout',
  roles: 'Roles',
  cities: 'Cities',
  categories: 'Categories',
  allowList: 'Allow list',
  denyList: 'Deny list',
  description: 'Description',
  killSwitch: 'Kill switch',
}

export const fields = Object.keys(FIELDS) as Field[]

type Lists = Pick<Draft, ListName>

const toLists = (rules: Rules | null) =>
  Object.fromEntries(LISTS.map((list) => [list, rules?.[list] ?? []])) as unknown as Lists

export const toDraft = (flag: Pick<Flag, keyof FlagSettings>): Draft => {
  const { enabled, rollout, killSwitch, description, rules } = flag
  return { enabled, rollout, killSwitch, description: description ?? '', ...toLists(rules) }
}

/** A flag that does not exist yet: off, and for nobody, until someone decides otherwise. */
export const NEW_DRAFT = toDraft({
  enabled: false,
  rollout: 0,
  killSwitch: false,
  description: null,
  rules: null,
})

/** A flag as the form begins with it; null: it does not exist yet. */
export const toDraftOrNew = (flag: Pick<Flag, keyof FlagSettings> | null): Draft =>
  flag ? toDraft(flag) : NEW_DRAFT

/** The settings of a draft: an empty list is left out, and so are rules without any. */
export const toSettings = (draft: Draft): FlagSettings => {
  const { enabled, rollout, killSwitch, description } = draft
  const lists = LISTS.flatMap((list) => (draft[list].length ? [[list, [...draft[list]]]] : []))
  const rules: Rules | null = lists.length > 0 ? Object.fromEntries(lists) : null
  return { description: description.trim() || null, enabled, rollout, rules, killSwitch }
}

/** Where the server's path of an issue belongs: `rules.roles.3` to the field `roles`. */
export const findField = (path: string): Field | null => {
  const name = path.replace(/^rules\./, '').split('.')[0]
  return fields.find((field) => field === name) ?? null
}
