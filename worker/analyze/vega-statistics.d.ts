/** The library ships no types; declared here is only what `normal.ts` uses. */
declare module 'vega-statistics' {
  /** The probability that a standard normal variable is at most `value`. */
  export function cumulativeNormal(value: number): number
  /** The inverse of `cumulativeNormal`. */
  export function quantileNormal(probability: number): number
}
