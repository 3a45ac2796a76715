/** A map that keeps what was used last, and forgets the rest unless it is to be kept. */
export const createRecent = <Value>(max: number, isKept?: (value: Value) => boolean) => {
  const values = new Map<string, Value>()
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
      for (const [oldest, each] of values) {
        if (values.size < max) break
        if (!isKept?.(each)) values.delete(oldest)
      }
      values.set(key, value)
    },
    all: () => [...values.values()],
  }
}
