import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { SnapshotDocument } from '../../../schema/snapshot-document.ts'
import {
  compileExperiment,
  compileFlag,
  compileSegment,
  evaluate,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import { createSnapshotDocument } from '../../../worker/snapshot/document.ts'
import { parseSnapshot } from '../../../worker/snapshot/parse.ts'
import { anyContext, someSegments } from '../../support/arbitraries.ts'
import { aServedFlag } from '../../support/arbitrary-serving.ts'

const experiment = {
  key: 'shares',
  status: 'RUNNING',
  variants: [
    { name: 'A', weight: 1 },
    { name: 'B', weight: 3 },
  ],
  startAt: null,
  stopAt: null,
  isBucketed: true,
  hasInherited: false,
}

const createSnapshot = (
  flags: readonly unknown[],
  version = 1,
  segments: readonly unknown[] = [],
) =>
  parseSnapshot(
    JSON.stringify({
      format: 1,
      version,
      builtAt: '2026-11-29T00:00:00.000Z',
      flags,
      ...(segments.length > 0 && { segments }),
      experiments: [experiment],
      keys: [],
    }),
  )

const read = (flags: readonly unknown[], segments: readonly unknown[] = []) => {
  const snapshot = createSnapshot(flags, 1, segments)
  const { document } = createSnapshotDocument(snapshot, '/v1/stream')
  return { snapshot, document: SnapshotDocument.parse(JSON.parse(JSON.stringify(document))) }
}

describe('createSnapshotDocument', () => {
  it('evaluates as the edge does, for generated snapshots and contexts', () => {
    const broken = fc.record({ key: fc.constant('broken.flag'), rollout: fc.constant('half') })
    const anyFlags = fc.array(fc.oneof({ weight: 9, arbitrary: aServedFlag }, broken), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(anyFlags, anyContext, someSegments, (flags, context, segments) => {
        const { snapshot, document } = read(flags, segments)
        const subject = readSubject(context)
        const compiled = new Map(document.segments?.map((each) => [each.key, compileSegment(each)]))
        const remote = document.flags.map((flag) =>
          evaluate('broken' in flag ? flag : compileFlag(flag, compiled), subject),
        )
        const edge = Array.from(snapshot.flags.values(), (flag) => evaluate(flag, subject))
        expect(remote).toEqual(edge)
      }),
      { numRuns: 300 },
    )
  })

  it('leaves out a segment that cannot be read, and no other one', () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const beta = { key: 'beta', include: ['u-1'], exclude: [], conditions: [] }
    const { document } = read([], [{ ...beta, key: 'vip', include: 'all' }, beta])
    expect(document.segments).toEqual([beta])
    expect(log).toHaveBeenCalledExactlyOnceWith({
      event: 'snapshot.segment_unreadable',
      key: 'vip',
    })
    log.mockRestore()
  })

  it('has no segments when the snapshot has none', () => {
    expect(read([]).document).not.toHaveProperty('segments')
  })

  it('compiles to the experiments of the edge', () => {
    const { snapshot, document } = read([])
    expect(document.experiments.map(compileExperiment)).toEqual([...snapshot.experiments.values()])
  })

  it('has the same tag exactly when only the version differs', () => {
    const flag = { key: 'a', enabled: true, rollout: 50, rules: null }
    const createTag = (rollout: number, version: number, stream = '/v1/stream') =>
      createSnapshotDocument(createSnapshot([{ ...flag, rollout }], version), stream).tag
    expect(createTag(50, 2)).toBe(createTag(50, 1))
    expect(createTag(51, 1)).not.toBe(createTag(50, 1))
    expect(createTag(50, 1, '/v1/stream?token=other')).not.toBe(createTag(50, 1))
  })
})
