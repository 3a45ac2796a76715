import type { Operator } from './operator.ts'

/** Exact and typed: `1` is not `"1"`. */
export const equality = {
  in: {
    words: 'is one of',
    prepare: (values) => {
      const set = new Set(values)
      return (item) => set.has(item)
    },
  },
} satisfies Record<string, Operator>
