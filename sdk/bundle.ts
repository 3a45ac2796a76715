/** All that a client needs to answer for one context: what `POST /v1/bundle` says. */
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
}

/** Whether all values are of a type. */
export const areOf = (type: 'boolean' | 'string' | 'number', values: readonly unknown[]): boolean =>
  values.every((each) => typeof each === type)

const isRecordOf = (type: 'boolean' | 'string', value: unknown): boolean =>
  value === Object(value) && areOf(type, Object.values(value as object))

/** Reads a bundle out of anything: a proxy may have answered in the service's place. Undefined when it is none. */
export const parseBundle = (value: unknown): Bundle | undefined => {
  const { flags, variants, version, staleTime, stream } = Object(value) as Partial<Bundle>
  return isRecordOf('boolean', flags) &&
    isRecordOf('string', variants) &&
    areOf('number', [version, staleTime]) &&
    areOf('string', [stream])
    ? (value as Bundle)
    : undefined
}

/** The member of that name that the record itself has, if there is one. */
export const memberOf = <T>(
  record: Readonly<Record<string, T>> | undefined,
  key: string,
): T | undefined => (record && Object.hasOwn(record, key) ? record[key] : undefined)

/** Whether two bundles answer alike, whatever their versions. */
export const isSameAnswer = (one: Bundle, other: Bundle): boolean =>
  JSON.stringify([one.flags, one.variants]) === JSON.stringify([other.flags, other.variants])
