import { attempt } from './internal.ts'

/** The answer of `POST /v1/bundle`: the flags and variants of one context. */
export type Bundle = {
  readonly flags: Readonly<Record<string, boolean>>
  /** The values of flags that are not boolean. Absent when there are none. */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /** The variants of running experiments, by the experiment's key. */
  readonly variants: Readonly<Record<string, string>>
  /** The snapshot's version. */
  readonly version: number
  /** Seconds. */
  readonly staleTime: number
  /** The path of the event stream. */
  readonly stream: string
  /** The attributes that flags use beside the well-known ones; absent when there are none. */
  readonly attributes?: readonly string[] | undefined
}

/** True when all values have the type. */
export const haveType = (
  type: 'boolean' | 'string' | 'number',
  values: readonly unknown[],
): boolean => values.every((each) => typeof each === type)

const isRecordOf = (type: 'boolean' | 'string', value: unknown): boolean =>
  value === Object(value) && haveType(type, Object.values(value as object))

const isObject = (value: unknown): value is Record<string, unknown> =>
  value === Object(value) && !Array.isArray(value)

const isBoolean = ([, value]: [string, unknown]) => typeof value === 'boolean'

/** The service answers all values as one object. Two objects keep the types of an app from before flags had other types. */
const splitValues = (value: Bundle, flags: Record<string, unknown>): Bundle => {
  const all = Object.entries({ ...value.values, ...flags })
  return {
    ...value,
    flags: Object.fromEntries(all.filter(isBoolean)) as Bundle['flags'],
    values: Object.fromEntries(all.filter((entry) => !isBoolean(entry))),
  }
}

/** Returns undefined for anything else than a bundle: a proxy may answer in the service's place. */
export const parseBundle = (value: unknown): Bundle | undefined => {
  const { flags, values, variants, version, staleTime, stream, attributes } = Object(
    value,
  ) as Partial<Bundle>
  if (
    !isObject(flags) ||
    (values !== undefined && !isObject(values)) ||
    !isRecordOf('string', variants) ||
    !haveType('number', [version, staleTime]) ||
    !haveType('string', [stream]) ||
    (attributes !== undefined && !(Array.isArray(attributes) && haveType('string', attributes)))
  )
    return undefined
  return isRecordOf('boolean', flags) ? (value as Bundle) : splitValues(value as Bundle, flags)
}

/** Reads an own member; inherited names such as `constructor` are missing. `Object.hasOwn` is too new for some engines. */
export const getOwn = <T>(
  record: Readonly<Record<string, T>> | undefined,
  key: string,
): T | undefined =>
  record && attempt(() => Object.prototype.hasOwnProperty.call(record, key))
    ? record[key]
    : undefined

/** The value of a flag of any type. */
export const getValue = (bundle: Bundle | undefined, key: string): unknown =>
  getOwn(bundle?.flags, key) ?? getOwn(bundle?.values, key)

/** The bundle with the equal objects of an earlier one. */
export const keepObjects = (bundle: Bundle, before: Bundle | undefined): Bundle => {
  if (!bundle.values || !before?.values) return bundle
  const kept = Object.entries(bundle.values).map(([key, value]) => {
    const former = getOwn(before.values, key)
    return [key, JSON.stringify(former) === JSON.stringify(value) ? former : value]
  })
  return { ...bundle, values: Object.fromEntries(kept) as Bundle['values'] }
}

const toText = ({ flags, values, variants }: Bundle): string =>
  JSON.stringify([flags, variants, values])

/** True when two bundles have the same values and variants, at any version. */
export const hasSameValues = (one: Bundle, other: Bundle): boolean => toText(one) === toText(other)
