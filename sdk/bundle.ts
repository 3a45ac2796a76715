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

const isRecordOf = (type: 'boolean' | 'string', value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === type)

/** Reads a bundle out of anything: a proxy may have answered in the service's place. Undefined when it is none. */
export const parseBundle = (value: unknown): Bundle | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const { flags, variants, version, staleTime, stream } = value as Partial<Bundle>
  return isRecordOf('boolean', flags) &&
    isRecordOf('string', variants) &&
    typeof version === 'number' &&
    typeof staleTime === 'number' &&
    typeof stream === 'string'
    ? (value as Bundle)
    : undefined
}

/** The member of that name that the record itself has. */
export const memberOf = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

/** Whether two bundles answer alike, whatever their versions. */
export const isSameAnswer = (one: Bundle, other: Bundle): boolean =>
  JSON.stringify([one.flags, one.variants]) === JSON.stringify([other.flags, other.variants])
