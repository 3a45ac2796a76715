import { attempt } from './internal.ts'

/** The answer of `POST /v1/bundle`: the flags and variants of one context. */
export type Bundle = {
  readonly flags: Readonly<Record<string, boolean>>
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

/** Returns undefined for anything else than a bundle: a proxy may answer in the service's place. */
export const parseBundle = (value: unknown): Bundle | undefined => {
  const { flags, variants, version, staleTime, stream, attributes } = Object(
    value,
  ) as Partial<Bundle>
  return isRecordOf('boolean', flags) &&
    isRecordOf('string', variants) &&
    haveType('number', [version, staleTime]) &&
    haveType('string', [stream]) &&
    (attributes === undefined || (Array.isArray(attributes) && haveType('string', attributes)))
    ? (value as Bundle)
    : undefined
}

/** Reads an own member; inherited names such as `constructor` are missing. `Object.hasOwn` is too new for some engines. */
export const getOwn = <T>(
  record: Readonly<Record<string, T>> | undefined,
  key: string,
): T | undefined =>
  record && attempt(() => Object.prototype.hasOwnProperty.call(record, key))
    ? record[key]
    : undefined

/** True when two bundles have the same flags and variants, at any version. */
export const hasSameValues = (one: Bundle, other: Bundle): boolean =>
  JSON.stringify([one.flags, one.variants]) === JSON.stringify([other.flags, other.variants])
