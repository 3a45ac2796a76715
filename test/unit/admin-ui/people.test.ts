import { describe, expect, it } from 'vitest'
import { findExperimentDifferences } from '../../../admin-ui/model/experiment-diff.ts'
import { findRepeatedUser, toPeople, toPeopleDraft } from '../../../admin-ui/model/people.ts'

const variants = [
  { name: 'A', weight: 1 },
  { name: 'B', weight: 1 },
]
const people = {
  testers: [
    { userId: 'qa-1', variant: 'B' },
    { userId: 'qa-2', variant: 'A' },
  ],
  leftOut: { userIds: ['staff'] },
}

describe('People of an experiment in the console', () => {
  it('become lists by variant, and settings again', () => {
    const draft = toPeopleDraft({ variants, ...people })
    expect(draft).toEqual({ testers: { A: ['qa-2'], B: ['qa-1'] }, leftOut: ['staff'] })
    expect(toPeople(draft)).toEqual({
      testers: [people.testers[1], people.testers[0]],
      leftOut: people.leftOut,
    })
    expect(toPeople(toPeopleDraft({ variants }))).toEqual({
      testers: [],
      leftOut: { userIds: [] },
    })
  })

  it('cannot be in two lists', () => {
    expect(findRepeatedUser({ testers: { A: ['x'], B: ['y'] }, leftOut: ['z'] })).toBeUndefined()
    expect(findRepeatedUser({ testers: { A: ['x'], B: ['x'] }, leftOut: [] })).toBe('x')
    expect(findRepeatedUser({ testers: { A: ['x'] }, leftOut: ['x'] })).toBe('x')
  })

  it('show in the differences of an audit entry', () => {
    const state = { variants, plan: null, startAt: null, stopAt: null, description: null }
    expect(findExperimentDifferences(state, { ...state, ...people })).toEqual([
      {
        label: 'Testers',
        kind: 'value',
        before: 'nobody',
        after: 'qa-1 sees B, qa-2 sees A',
      },
      { label: 'Left out', kind: 'value', before: 'nobody', after: 'staff' },
    ])
  })
})
