/** A map that keeps what was used last, and forgets the rest unless it is to be kept. */
export const createRecent = <Value>(
  max: number,
  isKept: (value: Value) => boolean = () => false,
) => {
  const values = new Map<string, Value>()
  const forgetOne = () => {
    for (const [key, value] of values)
      if (!isKept(value)) {
        values.delete(key)
        return
      }
  }
  return {
    get(key: string): Value | undefined {
      const value = values.get(key)
      if (value === undefined) return undefined
      values.delete(key)
      values.set(key, value)
      return value
    },
    set(key: string, value: Value) {
      values.delete(key)
      if (values.size >= max) forgetOne()
      values.set(key, value)
    },
    all: () => [...values.values()],
  }
}
