import { expect, test } from 'vitest'
import { evaluate, explain, readSubject } from '../../../worker/evaluate/index.ts'

const broken = { key: 'feature.unreadable', broken: true } as const
const subject = readSubject({ userId: 'u-1' })

test('evaluate: a flag that cannot be read is off, with PARSE_ERROR', () => {
  expect(evaluate(broken, subject)).toEqual({
    key: 'feature.unreadable',
    value: false,
    variant: 'off',
    reason: 'ERROR',
    step: null,
    errorCode: 'PARSE_ERROR',
  })
})

test('explain: a flag that cannot be read has no steps', () => {
  expect(explain(broken, subject)).toEqual({
    key: 'feature.unreadable',
    value: false,
    reason: 'ERROR',
    decidedBy: null,
    errorCode: 'PARSE_ERROR',
    steps: [],
  })
})
