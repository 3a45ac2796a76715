import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SnapshotDocument } from '../../../schema/snapshot-document.ts'
import {
  compileExperiment,
  compileFlag,
  evaluate,
  readSubject,
} from '../../../worker/evaluate/index.ts'
import { createSnapshotDocument } from '../../../worker/snapshot/document.ts'
import { parseSnapshot } from '../../../worker/snapshot/parse.ts'
import { anyContext } from '../../support/arbitraries.ts'
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

const createSnapshot = (flags: readonly unknown[], version = 1) =>
  parseSnapshot(
    JSON.stringify({
      format: 1,
      version,
      builtAt: '2026-11-29T00:00:00.000Z',
      flags,
      experiments: [experiment],
      keys: [],
    }),
  )

const read = (flags: readonly unknown[]) => {
  const snapshot = createSnapshot(flags)
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
      fc.property(anyFlags, anyContext, (flags, context) => {
        const { snapshot, document } = read(flags)
        const subject = readSubject(context)
        const remote = document.flags.map((flag) =>
          evaluate('broken' in flag ? flag : compileFlag(flag), subject),
        )
        const edge = Array.from(snapshot.flags.values(), (flag) => evaluate(flag, subject))
        expect(remote).toEqual(edge)
      }),
      { numRuns: 300 },
    )
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
