import { foldCase } from './fold-case.ts'
import type { Operator } from './operator.ts'

const compareText = (words: string, test: (text: string, part: string) => boolean): Operator => ({
  words,
  prepare: (values, ignoreCase) => {
    const parts = values.map((value) => (ignoreCase ? foldCase(String(value)) : String(value)))
    return (item) => {
      if (typeof item !== 'string') return undefined
      const text = ignoreCase ? foldCase(item) : item
      return parts.some((part) => test(text, part))
    }
  },
})

export const text = {
  contains: compareText('contains', (all, part) => all.includes(part)),
  startsWith: compareText('starts with', (all, part) => all.startsWith(part)),
  endsWith: compareText('ends with', (all, part) => all.endsWith(part)),
} satisfies Record<string, Operator>
