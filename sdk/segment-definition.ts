import { compileSegment, type Segments, type SnapshotSegment } from '../worker/evaluate/index.ts'
import { copyCondition } from './compile-definition.ts'
import type { SegmentDefinition } from './flag-definition.ts'

const toSegment = ({ key, include, exclude, conditions = [] }: SegmentDefinition) => {
  if (conditions.some(({ operator }) => operator === 'inSegment'))
    throw new TypeError('a segment cannot use a segment')
  return {
    key,
    include: [...(include ?? [])],
    exclude: [...(exclude ?? [])],
    // An operator that does not exist fails the compilation of its segment, and no other one.
    conditions: conditions.map(copyCondition) as SnapshotSegment['conditions'],
  }
}

/** A segment that cannot be read counts as unknown, as at the edge. */
export const compileSegments = (definitions: readonly SegmentDefinition[] = []): Segments => {
  const segments = new Map<string, ReturnType<typeof compileSegment>>()
  for (const definition of definitions)
    try {
      segments.set(definition.key, compileSegment(toSegment(definition)))
    } catch {
      segments.delete(definition.key)
    }
  return segments
}
