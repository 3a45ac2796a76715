/**
 * Adjusts p-values for several comparisons, in the order given. Compare each result with alpha: the chance of any
 * false alarm stays at alpha. A null stays null, but it counts as one of the comparisons.
 * S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statistics 6 (1979) 65–70.
 */
export const adjustHolm = (pValues: readonly (number | null)[]): (number | null)[] => {
  const known = pValues
    .flatMap((pValue, index) => (pValue === null ? [] : [{ pValue, index }]))
    .toSorted((a, b) => a.pValue - b.pValue)
  const adjusted = pValues.map((): number | null => null)
  let atLeast = 0
  for (const [rank, { pValue, index }] of known.entries()) {
    atLeast = Math.max(atLeast, Math.min(1, (pValues.length - rank) * pValue))
    adjusted[index] = atLeast
  }
  return adjusted
}
