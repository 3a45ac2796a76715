import { describe, expect, it } from 'vitest'
import {
  describeCount,
  isFiltered,
  readExperimentView,
  toExperimentQuery,
} from '../../../admin-ui/model/experiment-view.ts'
import { ExperimentQuery } from '../../../schema/experiment-list.ts'

const read = (query: string) => readExperimentView(new URLSearchParams(query))

describe('View of the list of experiments', () => {
  it('reads search, status, owner and page from the address', () => {
    expect(read('search=check&status=STOPPED&owner=ada&after=abc')).toEqual({
      search: 'check',
      status: 'STOPPED',
      owner: 'ada',
      after: 'abc',
    })
    expect(read('status=unknown')).toEqual({ search: '', status: 'ALL', owner: '', after: '' })
  })

  it('becomes a query that the server accepts', () => {
    expect(toExperimentQuery(read(''))).toEqual({ limit: '50', sort: 'status' })
    const query = toExperimentQuery(read('search=+a+b+&status=ARCHIVED&owner=ada&after=abc'))
    expect(ExperimentQuery.parse(query)).toEqual({
      limit: 50,
      sort: 'status',
      search: 'a b',
      status: 'ARCHIVED',
      owner: 'ada',
      cursor: 'abc',
    })
  })

  it('counts in words as far as one page tells', () => {
    expect(describeCount(3, read(''), false)).toBe('3 in all')
    expect(describeCount(1, read('search=x'), false)).toBe('1 found')
    expect(describeCount(50, read(''), true)).toBe('50 on this page')
    expect(describeCount(7, read('after=abc'), false)).toBe('7 on this page')
    expect(isFiltered(read('after=abc'))).toBe(false)
  })
})
