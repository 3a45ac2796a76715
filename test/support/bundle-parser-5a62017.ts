/* The bundle parser of the SDK at commit 5a62017, unchanged but for names: apps in the field have it. */

type OldBundle = {
  readonly flags: Readonly<Record<string, boolean>>
  readonly variants: Readonly<Record<string, string>>
  readonly version: number
  readonly staleTime: number
  readonly stream: string
}

const areOf = (type: 'boolean' | 'string' | 'number', values: readonly unknown[]): boolean =>
  values.every((each) => typeof each === type)

const isRecordOf = (type: 'boolean' | 'string', value: unknown): boolean =>
  value === Object(value) && areOf(type, Object.values(value as object))

export const parseOldBundle = (value: unknown): OldBundle | undefined => {
  const { flags, variants, version, staleTime, stream } = Object(value) as Partial<OldBundle>
  return isRecordOf('boolean', flags) &&
    isRecordOf('string', variants) &&
    areOf('number', [version, staleTime]) &&
    areOf('string', [stream])
    ? (value as OldBundle)
    : undefined
}
