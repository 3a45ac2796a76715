/**
 * What could be computed, or why it could not: all the numbers and a null reason, or a reason and nulls.
 * The numbers are finite, so the whole survives JSON.
 */
export type Measured<Numbers, Reason extends string> =
  | (Readonly<Numbers> & { readonly reason: null })
  | ({ readonly [Name in keyof Numbers]: null } & { readonly reason: Reason })
