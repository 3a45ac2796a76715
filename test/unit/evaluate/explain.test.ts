import { expect, test } from 'vitest'
import type { SnapshotFlag } from '../../../schema/snapshot.ts'
import { compileFlag, explain, readSubject } from '../../../worker/evaluate/index.ts'

const flag: SnapshotFlag = {
  key: 'checkout.new_ui',
  enabled: true,
  rollout: 20,
  rules: { roles: ['ADMIN', 'ORGANIZER'], cities: ['Mumbai'], categories: ['music'] },
}

const findDetail = (step: string, context: unknown) =>
  explain(compileFlag(flag), readSubject(context)).steps.find((trace) => trace.step === step)
    ?.detail

test('explain: a step names the value that the context has', () => {
  expect(findDetail('roles', { role: 'CUSTOMER' })).toContain('"CUSTOMER"')
})

test('explain: a step names each of several categories', () => {
  const context = { category: 'comedy', categories: ['sports'] }
  expect(findDetail('categories', context)).toContain('"comedy", "sports"')
})

test('explain: a step says when the context has no value to compare', () => {
  expect(findDetail('cities', { role: 'ADMIN' })).toContain('the context has nothing')
})

test('explain: a step without a list says that the list is empty', () => {
  expect(findDetail('allowList', { userId: 'u-2' })).toContain('empty')
})

test('explain: the rollout step says where the user stands', () => {
  expect(findDetail('rollout', { userId: 'u-2' })).toContain('8.4633 %')
})

test('explain: the rollout step says when the context has no user id', () => {
  expect(findDetail('rollout', {})).toContain('no user id')
})

const shared: SnapshotFlag = {
  key: 'banner',
  enabled: true,
  rollout: 100,
  rules: null,
  serve: [
    { variant: 'on', weight: 0 },
    { variant: 'off', weight: 1 },
  ],
  bucketBy: 'orgId',
}

test.each([
  [{}, { orgId: 'o-1' }, 'the rollout is 100 %: everybody; the shares give this one "off"'],
  [
    {},
    { userId: 'u-2' },
    'the rollout is 100 %: everybody; the context has no "orgId" for the shares',
  ],
  [
    { rollout: 20 },
    { userId: 'u-2' },
    'the rollout is 20 % and the context has no "orgId" to place',
  ],
])(
  'explain: the rollout step of a flag with shares and %j says for %j: %s',
  (change, context, text) => {
    const { steps } = explain(compileFlag({ ...shared, ...change }), readSubject(context))
    expect(steps.at(-1)?.detail).toBe(text)
  },
)
