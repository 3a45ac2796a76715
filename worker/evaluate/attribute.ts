import type { Scalar } from './operators/operator.ts'
import type { Subject } from './subject.ts'

/** The value of an attribute that conditions can compare. */
export type AttributeValue = Scalar | readonly Scalar[]

/** Reads an attribute of a subject; undefined when it is missing. */
export type AttributeReader = (subject: Subject) => AttributeValue | undefined

const isTextOrNumber = (item: unknown): item is string | number =>
  typeof item === 'string' || (typeof item === 'number' && Number.isFinite(item))

/** Nested objects, and what is neither text nor number in a list, are ignored. JSON has no NaN, but a program does. */
const toAttribute = (value: unknown): AttributeValue | undefined => {
  if (typeof value === 'boolean' || isTextOrNumber(value)) return value
  return Array.isArray(value) ? value.filter(isTextOrNumber) : undefined
}

const readCategories: AttributeReader = ({ categories }) =>
  categories.length > 0 ? categories : undefined

/** Attributes with a meaning of their own, under each of their names. */
const wellKnown: ReadonlyMap<string, AttributeReader> = new Map<string, AttributeReader>([
  ['userId', ({ userId }) => userId],
  ['targetingKey', ({ userId }) => userId],
  ['role', ({ role }) => role],
  ['city', ({ city }) => city],
  ['category', readCategories],
  ['categories', readCategories],
])

/** True for an attribute with a meaning of its own. */
export const isWellKnown = (name: string): boolean => wellKnown.has(name)

/** Only own members are attributes: a context without a `constructor` has none. `Object.hasOwn` is too new for some engines. */
const isOwn = (members: object, name: string): boolean =>
  Object.prototype.hasOwnProperty.call(members, name)

/** Creates the reader of an attribute, once a condition. */
export const createAttributeReader = (name: string): AttributeReader =>
  wellKnown.get(name) ??
  (({ members }) => (isOwn(members, name) ? toAttribute(members[name]) : undefined))
