import type { Condition } from '../../schema/condition.ts'
import { parseNames } from './names.ts'

/** Attributes that have fields of their own, and the other names of these. */
const OWN_FIELDS = ['userId', 'targetingKey', 'role', 'city', 'category', 'categories']

const NUMBER_OPERATORS: readonly string[] = ['lt', 'lte', 'gt', 'gte']

const listAbout = (conditions: readonly Condition[], name: string) =>
  conditions.filter((each) => 'attribute' in each && each.attribute === name)

/** The attributes that conditions use and that have no field of their own. */
export const listFurtherAttributes = (conditions: readonly Condition[]): string[] =>
  [...new Set(conditions.flatMap((each) => ('attribute' in each ? each.attribute : [])))].filter(
    (name) => !OWN_FIELDS.includes(name),
  )

const hasValueOf = (conditions: readonly Condition[], type: 'number' | 'boolean') =>
  conditions.some(
    (each) => 'values' in each && each.values.some((value: unknown) => typeof value === type),
  )

const readItem = (text: string, conditions: readonly Condition[]): unknown => {
  const isNumber =
    conditions.some(({ operator }) => NUMBER_OPERATORS.includes(operator)) ||
    hasValueOf(conditions, 'number')
  if (isNumber && Number.isFinite(Number(text))) return Number(text)
  if (hasValueOf(conditions, 'boolean') && ['true', 'false'].includes(text)) return text === 'true'
  return text
}

/** Reads a typed value as the type that the flag's conditions compare. Commas separate the items of a list. */
export const readAttribute = (
  text: string,
  name: string,
  conditions: readonly Condition[],
): unknown => {
  const about = listAbout(conditions, name)
  return text.includes(',')
    ? parseNames(text).map((item) => readItem(item, about))
    : readItem(text.trim(), about)
}
