import { describe, expect, it } from 'vitest'
import { findDifferences } from '../../../admin-ui/model/diff.ts'
import {
  fields,
  findField,
  NEW_DRAFT,
  toDraft,
  toSettings,
  type Draft,
} from '../../../admin-ui/model/draft.ts'
import { selectFlags, readView } from '../../../admin-ui/model/flag-list.ts'
import { getFlagState, describeTargeting } from '../../../admin-ui/model/flag-state.ts'
import { FLAG_KEY, describeKey } from '../../../admin-ui/model/key-help.ts'
import { findDisagreements, mergeDrafts } from '../../../admin-ui/model/merge.ts'
import { parseNames, addNames } from '../../../admin-ui/model/names.ts'
import { describeJump } from '../../../admin-ui/model/rollout.ts'
import { formatAgo } from '../../../admin-ui/model/time.ts'
import { FlagKey } from '../../../schema/flag.ts'

const flag = (key: string, changes: object = {}) => ({
  key,
  ...toSettings(NEW_DRAFT),
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ann',
  ...changes,
})
const draft = (changes: Partial<Draft>): Draft => ({ ...NEW_DRAFT, ...changes })

describe('Flag draft', () => {
  it('returns the settings it was made from, without empty lists and blank descriptions', () => {
    const settings = {
      description: 'x',
      enabled: true,
      rollout: 20,
      rules: { roles: ['ADMIN'], denyList: ['u'] },
      killSwitch: false,
    }
    expect(toSettings(toDraft(settings))).toEqual(settings)
    expect(
      toSettings(toDraft({ ...settings, description: ' ', rules: { roles: [] } })),
    ).toMatchObject({ description: null, rules: null })
  })

  it('keeps the conditions, which the form does not edit', () => {
    const where = [{ attribute: 'plan', operator: 'in' as const, values: ['pro'] }]
    const settings = { ...toSettings(NEW_DRAFT), rules: { where } }
    expect(toSettings(toDraft(settings))).toEqual(settings)
  })

  it.each([
    ['rules.roles.3', 'roles'],
    ['rules.where.0.values.1', 'where'],
    ['rollout', 'rollout'],
    ['', null],
    ['key', null],
  ])('shows an issue at %j at the field %j', (path, field) => expect(findField(path)).toBe(field))
})

describe('Flag diff', () => {
  it('shows values before and after, and names added to and removed from lists', () => {
    const before = draft({ rollout: 10, cities: ['Pune', 'Delhi'] })
    const after = draft({ rollout: 25, cities: ['Delhi', 'Mumbai'], enabled: true })
    expect(findDifferences(before, after)).toEqual([
      { label: 'Enabled', kind: 'value', before: 'off', after: 'on' },
      { label: 'Rollout', kind: 'value', before: '10 %', after: '25 %' },
      { label: 'Cities', kind: 'list', added: ['Mumbai'], removed: ['Pune'] },
    ])
  })

  it('shows conditions in words', () => {
    const after = draft({
      where: [{ attribute: 'seats', operator: 'gte', values: [5], negate: true }],
    })
    expect(findDifferences(NEW_DRAFT, after)).toEqual([
      { label: 'Conditions', kind: 'list', added: ['not: seats is at least 5'], removed: [] },
    ])
  })

  it('finds no difference in a list with another order', () =>
    expect(findDifferences(draft({ roles: ['a', 'b'] }), draft({ roles: ['b', 'a'] }))).toEqual([]))
})

describe('Flag merge', () => {
  const base = draft({ rollout: 10, description: 'old' })
  const mine = draft({ rollout: 25, description: 'mine' })
  const theirs = draft({ rollout: 10, description: 'theirs', enabled: true })

  it('takes a field from the side that changed it, and reports a conflict when both did', () =>
    expect(findDisagreements(fields, base, mine, theirs)).toEqual([
      { field: 'enabled', side: 'theirs', isConflict: false },
      { field: 'rollout', side: 'mine', isConflict: false },
      { field: 'description', side: 'theirs', isConflict: true },
    ]))

  it('takes their draft with the chosen fields of mine', () =>
    expect(mergeDrafts(mine, theirs, new Map([['rollout', 'mine']]))).toEqual({
      ...theirs,
      rollout: 25,
    }))
})

describe('Name list', () => {
  it.each([
    ['a, b;c', ['a', 'b', 'c']],
    ['Washington, DC\nDelhi\r\n\n', ['Washington, DC', 'Delhi']],
    ['u1\tu2', ['u1', 'u2']],
    [' , ', []],
  ])('parses %j into %j', (text, names) => expect(parseNames(text)).toEqual(names))

  it('keeps each name once and adds new names at the end', () =>
    expect(addNames(['b', 'a'], ['a', 'c', 'c'])).toEqual(['b', 'a', 'c']))
})

describe('Rollout warning', () => {
  it.each([
    [0, 10],
    [10, 25],
    [12, 25],
    [50, 100],
    [100, 5],
    [0, 0],
  ])('no warning appears from %d to %d', (before, after) =>
    expect(describeJump(before, after)).toBeNull(),
  )

  it.each([
    [0, 11],
    [10, 100],
    [25, 51],
  ])('a warning appears from %d to %d, which skips a step', (before, after) =>
    expect(describeJump(before, after)).toContain('straight to'),
  )
})

describe('Flag list', () => {
  const flags = [
    flag('b.two', { enabled: true, rollout: 100, updatedAt: '2026-02-01T00:00:00.000Z' }),
    flag('a.one', { enabled: true, rollout: 30, description: 'The Checkout' }),
    flag('c.three', { rules: { allowList: ['u'] }, updatedBy: 'bob' }),
  ]
  const listKeys = (query: string) =>
    selectFlags(flags, readView(new URLSearchParams(query))).map(({ key }) => key)

  it.each([
    ['', ['a.one', 'b.two', 'c.three']],
    ['sort=changed', ['b.two', 'a.one', 'c.three']],
    ['sort=rollout', ['b.two', 'a.one', 'c.three']],
    ['search=CHECKOUT', ['a.one']],
    ['search=bob+c', ['c.three']],
    ['filter=on', ['b.two']],
    ['filter=partly', ['a.one']],
    ['filter=off', ['c.three']],
    ['filter=targeted', ['c.three']],
    ['filter=toString&sort=__proto__', ['a.one', 'b.two', 'c.three']],
  ])('shows for the query %j the flags %j', (query, keys) => expect(listKeys(query)).toEqual(keys))

  it('counts an enabled flag that reaches no user as off, unless it has an allow list', () => {
    expect(getFlagState({ enabled: true, rollout: 0, rules: null })).toBe('off')
    expect(getFlagState({ enabled: true, rollout: 0, rules: { allowList: ['u'] } })).toBe('partly')
    expect(getFlagState({ enabled: true, rollout: 100, rules: { denyList: ['u'] } })).toBe('partly')
    const targets = [{ id: 'all', when: [], serve: 'on' }]
    expect(getFlagState({ enabled: true, rollout: 0, rules: null, targets })).toBe('partly')
  })

  it('describes targeting in a few words', () =>
    expect(
      describeTargeting({ rules: { roles: ['a'], cities: ['b', 'c'], denyList: ['d'] } }),
    ).toBe('1 role, 2 cities, 1 denied'))
})

describe('Flag key pattern', () => {
  it.each(['a', 'a.b', 'a-b_c.d1', 'a.', '.a', 'a--b', 'A', 'a b', 'é', 'a\nb', ''])(
    'accepts the key %j exactly when the schema does',
    (key) =>
      expect(new RegExp(`^(?:${FLAG_KEY.pattern})$`, 'v').test(key)).toBe(
        FlagKey.safeParse(key).success,
      ),
  )
})

describe('Text', () => {
  it.each([
    ['', 'the area, a dot and the feature'],
    ['New', 'lower-case'],
    ['a b', 'underscore'],
    ['a..b', 'single dots'],
    ['taken.key', 'already'],
    ['plain', 'feature.plain'],
    ['feature.x', 'Follows'],
  ])('the help for the key %j contains %j', (key, words) =>
    expect(describeKey(FLAG_KEY, key, new Set(['taken.key']))).toContain(words),
  )

  it.each([
    [0, 'just now'],
    [90_000, '1 minute ago'],
    [7_200_000, '2 hours ago'],
    [86_400_000, 'yesterday'],
  ])('a time %d ms ago reads %j', (ms, words) =>
    expect(formatAgo(new Date(1_000_000_000_000).toISOString(), 1_000_000_000_000 + ms)).toBe(
      words,
    ),
  )
})

describe('Values in words', () => {
  const theme = {
    enabled: true,
    rollout: 100,
    rules: null,
    killSwitch: false,
    description: null,
    type: 'string' as const,
    variants: [
      { name: 'plain', value: '#fff' },
      { name: 'dark', value: '#111' },
    ],
    offVariant: 'plain',
    serve: 'dark',
  }

  it('the draft keeps what the flag serves, and the diff says what changes', () => {
    expect(toSettings(toDraft(theme))).toEqual(theme)
    const serve = [
      { variant: 'plain', weight: 1 },
      { variant: 'dark', weight: 3 },
    ]
    const targets = [
      {
        id: 'beta',
        when: [{ attribute: 'beta', operator: 'exists' as const }],
        rollout: 50,
        serve,
      },
    ]
    expect(findDifferences(toDraft(theme), toDraft({ ...theme, serve, targets }))).toEqual([
      {
        label: 'Values',
        kind: 'list',
        added: [
          'Target 1, beta: beta is there, for 50 %, serves plain for 25 %, dark for 75 %',
          'On serves plain for 25 %, dark for 75 %',
        ],
        removed: ['On serves dark'],
      },
    ])
  })

  it('an issue of a value belongs to the values', () => {
    expect(findField('variants.1.value')).toBe('serving')
    expect(findField('targets.0.when.0.values')).toBe('serving')
  })
})
