/** A closed range of numbers, the smaller one first. */
export type Extent = readonly [low: number, high: number]

/** Finds the smallest range that contains all values. Returns null without values. */
export const findExtent = (values: readonly number[]): Extent | null => {
  const finite = values.filter(Number.isFinite)
  return finite.length === 0 ? null : [Math.min(...finite), Math.max(...finite)]
}

/** Widens a range so that nothing is drawn on its edge. A range of width 0 gets a width, too. */
export const padExtent = ([low, high]: Extent, part = 0.06): Extent => {
  const width = high - low || Math.abs(high) || 1
  return [low - width * part, high + width * part]
}

/** Maps numbers to pixels. A value outside of the domain lands outside of the range. */
export const linearScale =
  ([low, high]: Extent, [start, end]: readonly [number, number]) =>
  (value: number): number =>
    high === low ? (start + end) / 2 : start + ((value - low) / (high - low)) * (end - start)

/** Chooses round numbers within a range: steps of 1, 2 or 5 times a power of ten. */
export const computeTicks = ([low, high]: Extent, about = 5): readonly number[] => {
  if (!(high > low)) return [low]
  const rough = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Multiply and round instead of adding up, because 0.1 + 0.2 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  )
}

/** Finds the fewest decimals with which all ticks differ as percentages. */
export const findPercentDigits = (ticks: readonly number[]): number => {
  const isExact = (digits: number) =>
    ticks.every((tick) => Math.abs(Number((tick * 100).toFixed(digits)) - tick * 100) < 1e-9)
  return [0, 1, 2, 3, 4].find(isExact) ?? 5
}
