/** A flag as the service keeps it, as far as evaluation needs it. */
export type FlagDefinition = {
  readonly key: string
  readonly enabled: boolean
  /** Percent, 0 to 100. */
  readonly rollout: number
  readonly rules: {
    readonly roles?: readonly string[] | undefined
    readonly cities?: readonly string[] | undefined
    readonly categories?: readonly string[] | undefined
    readonly allowList?: readonly string[] | undefined
    readonly denyList?: readonly string[] | undefined
  } | null
}

/** A value, and why. */
export type FlagDetails = {
  readonly value: boolean
  readonly variant: 'on' | 'off'
  /** OpenFeature's. */
  readonly reason: string
  /** The step of the evaluation that decided; null when the flag could not be read. */
  readonly step: string | null
  readonly errorCode?: string
}
