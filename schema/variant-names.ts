/** The name as a person reads it: letters without case, numbers by their value. */
const toReadName = (name: string): string => {
  const folded = name.normalize('NFKC').toLowerCase()
  return /^\d+(\.\d+)?$/.test(folded) ? String(Number(folded)) : folded
}

/**
 * Finds two names that a person or a spreadsheet cannot tell apart, such as `Control` and `control` or `1.1` and `1.10`.
 * This file has no zod, because the life cycle also runs in browsers.
 */
export const findConfusableNames = (
  variants: readonly { readonly name: string }[],
): readonly [string, string] | undefined => {
  const seen = new Map<string, string>()
  for (const { name } of variants) {
    const read = toReadName(name)
    const other = seen.get(read)
    if (other !== undefined) return [other, name]
    seen.set(read, name)
  }
  return undefined
}

export const describeConfusableNames = ([first, second]: readonly [string, string]): string =>
  `the variants ${first} and ${second} are hard to tell apart: give one another name`
