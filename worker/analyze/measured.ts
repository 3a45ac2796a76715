/**
 * A result: either all the numbers and a null reason, or nulls and a reason. The numbers are finite, so the result
 * survives JSON.
 */
export type Measured<Numbers, Reason extends string> =
  | (Readonly<Numbers> & { readonly reason: null })
  | ({ readonly [Name in keyof Numbers]: null } & { readonly reason: Reason })
