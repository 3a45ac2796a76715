/* A flag as an app gives it to the evaluator: of any origin, and perhaps wrong. */

/** A condition on an attribute, as in `rules.where` of a flag. */
export type FlagCondition = {
  /** Absent for `inSegment`. */
  readonly attribute?: string
  /** Absent for `exists`; the keys of segments for `inSegment`. */
  readonly values?: readonly (string | number | boolean)[]
  readonly operator: string
  readonly ignoreCase?: boolean | undefined
  readonly negate?: boolean | undefined
  readonly whenMissing?: boolean | undefined
}

/** The name of a variant, or shares of several. */
export type FlagServe = string | readonly { readonly variant: string; readonly weight: number }[]

/** The part of a flag that evaluation needs. */
export type FlagDefinition = {
  readonly key: string
  readonly enabled: boolean
  /** Percent, 0 to 100, with up to three decimals. */
  readonly rollout: number
  readonly rules: {
    readonly roles?: readonly string[] | undefined
    readonly cities?: readonly string[] | undefined
    readonly categories?: readonly string[] | undefined
    readonly allowList?: readonly string[] | undefined
    readonly denyList?: readonly string[] | undefined
    /** Conditions that all must hold. */
    readonly where?: readonly FlagCondition[] | undefined
  } | null
  /** The type of the values: boolean when absent, else string, number or json. */
  readonly type?: string | undefined
  /** The values by name. A boolean flag has `on` and `off`. */
  readonly variants?: readonly { readonly name: string; readonly value: unknown }[] | undefined
  /** The variant for users who do not get the flag. */
  readonly offVariant?: string | undefined
  /** The variant for users who get it, or shares of several. */
  readonly serve?: FlagServe | undefined
  /** The first one that a user matches decides, after the allow list. */
  readonly targets?:
    | readonly {
        readonly id: string
        readonly when: readonly FlagCondition[]
        readonly rollout?: number | undefined
        readonly serve: FlagServe
      }[]
    | undefined
  /** The attribute whose value decides shares; the user id when absent. */
  readonly bucketBy?: string | undefined
}

/** A group of users that flags share, for conditions with the operator `inSegment`. */
export type SegmentDefinition = {
  readonly key: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  /** Conditions that all must hold. */
  readonly conditions?: readonly FlagCondition[]
}
