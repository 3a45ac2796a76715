import type { Flag } from './flag.ts'

/** The keys of the segments that the rules and the targets of a flag use, each once. */
export const listSegmentKeys = (flag: Pick<Flag, 'rules' | 'targets'> | null): string[] => {
  const conditions = [flag?.rules?.where ?? [], ...(flag?.targets ?? []).map(({ when }) => when)]
  return [
    ...new Set(
      conditions.flatMap((list) =>
        list.flatMap((each) => (each.operator === 'inSegment' ? each.values : [])),
      ),
    ),
  ]
}
