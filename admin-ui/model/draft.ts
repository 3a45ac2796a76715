import type { Condition } from '../../schema/condition.ts'
import type { Flag, FlagSettings, Rules } from '../../schema/flag.ts'
import { pickServing, SERVING_MEMBERS } from '../../schema/serving-members.ts'
import type { Serving } from '../../schema/serving-shape.ts'
import { LISTS, type ListName } from './flag-state.ts'

/** A flag in the form: without nulls, and with every list. */
export type Draft = {
  readonly enabled: boolean
  readonly rollout: number
  readonly killSwitch: boolean
  readonly description: string
  readonly where: readonly Condition[]
  /** What the flag serves; empty for on and off. */
  readonly serving: Serving
} & { readonly [List in ListName]: readonly string[] }

export type Field = keyof Draft

/** The fields in the order of the form, with their names. */
export const FIELDS: Readonly<Record<Field, string>> = {
  enabled: 'Enabled',
  rollout: 'Rollout',
  roles: 'Roles',
  cities: 'Cities',
  categories: 'Categories',
  where: 'Conditions',
  serving: 'Values',
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
  return {
    enabled,
    rollout,
    killSwitch,
    description: description ?? '',
    ...toLists(rules),
    where: rules?.where ?? [],
    serving: pickServing(flag) ?? {},
  }
}

/** A new flag starts off, with a rollout of 0 %. */
export const NEW_DRAFT = toDraft({
  enabled: false,
  rollout: 0,
  killSwitch: false,
  description: null,
  rules: null,
})

/** Turns a flag into a draft. Null stands for a new flag. */
export const toDraftOrNew = (flag: Pick<Flag, keyof FlagSettings> | null): Draft =>
  flag ? toDraft(flag) : NEW_DRAFT

/** Turns a draft into settings. Empty lists are left out, and so are empty rules. */
export const toSettings = (draft: Draft): FlagSettings => {
  const { enabled, rollout, killSwitch, description } = draft
  const lists = LISTS.flatMap((list) => (draft[list].length ? [[list, [...draft[list]]]] : []))
  const rules: Rules = {
    ...Object.fromEntries(lists),
    ...(draft.where.length > 0 && { where: [...draft.where] }),
  }
  return {
    description: description.trim() || null,
    enabled,
    rollout,
    rules: Object.keys(rules).length > 0 ? rules : null,
    killSwitch,
    ...draft.serving,
  }
}

/** Finds the field of an issue by its path: `rules.roles.3` belongs to `roles`. */
export const findField = (path: string): Field | null => {
  const name = path.replace(/^rules\./, '').split('.')[0]
  if (SERVING_MEMBERS.some((member) => member === name)) return 'serving'
  return fields.find((field) => field === name) ?? null
}
